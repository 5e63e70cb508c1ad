import { useMutation } from '@tanstack/react-query'
import { api, read } from '@/api/client'
import { usePermissions } from '@/api/useSession'
import { showError } from '@/ui/toasts'

export interface Phone {
  /** Why there is no number to show, or null. */
  missing: string | null
  /** After `reveal`; it is forgotten with the page. */
  number: string | null
  isPending: boolean
  /** Shows the number; the request is logged in the audit with the customer. */
  reveal: () => void
}

/** The phone number of a customer: shown on request, to users who may see contact details. */
export function usePhone(customerId: string, hasPhone: boolean): Phone {
  const can = usePermissions()
  const reveal = useMutation({
    mutationFn: () =>
      read(
        api.POST('/api/customers/{customer_id}/contact/reveal', {
          params: { path: { customer_id: customerId } },
          body: { fields: ['phone'] },
        }),
      ),
    onError: showError,
  })
  const number = reveal.data?.contact.phone ?? null
  const missing = !can('contacts.reveal')
    ? 'Your role does not show phone numbers'
    : !hasPhone || (reveal.data && !number)
      ? 'No phone number'
      : null
  return {
    missing,
    number,
    isPending: reveal.isPending,
    reveal: () => {
      if (!missing && !number && !reveal.isPending) reveal.mutate()
    },
  }
}
