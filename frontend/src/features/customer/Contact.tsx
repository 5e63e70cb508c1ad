import { Button } from '@mantine/core'
import { IconEye } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { api, read } from '@/api/client'
import type { Contact as ContactData } from '@/api/shapes'
import { usePermissions } from '@/api/useSession'
import { NO_VALUE } from '@/ui/format'
import { showError } from '@/ui/toasts'
import css from './Contact.module.css'

/** Contact details, masked until the user asks for them; each request is logged in the audit. */
export function Contact({ customerId, contact }: { customerId: string; contact: ContactData }) {
  const can = usePermissions()
  const reveal = useMutation({
    mutationFn: () =>
      read(
        api.POST('/api/customers/{customer_id}/contact/reveal', {
          params: { path: { customer_id: customerId } },
          body: null,
        }),
      ),
    onError: showError,
  })
  const open = reveal.data?.contact as Partial<ContactData> | undefined
  const shown = { ...contact, ...open }
  const isEmpty = Object.values(contact).every(value => !value)
  if (isEmpty) return <p className={css.note}>No contact details.</p>
  return (
    <div className={css.contact}>
      <dl className={css.list}>
        <dt>E-mail</dt>
        <dd>{open?.email ? <a href={`mailto:${open.email}`}>{open.email}</a> : (shown.email ?? NO_VALUE)}</dd>
        <dt>Phone</dt>
        <dd>{open?.phone ? <a href={`tel:${open.phone}`}>{open.phone}</a> : (shown.phone ?? NO_VALUE)}</dd>
        <dt>Address</dt>
        <dd>{[shown.address, shown.postcode, shown.city].filter(Boolean).join(', ') || NO_VALUE}</dd>
      </dl>
      {can('contacts.reveal') && !reveal.data && (
        <div className={`${css.reveal} no-print`}>
          <Button
            variant="default"
            leftSection={<IconEye size={16} aria-hidden />}
            loading={reveal.isPending}
            onClick={() => reveal.mutate()}
          >
            Show contact details
          </Button>
          <span className={css.note}>This is logged</span>
        </div>
      )}
    </div>
  )
}
