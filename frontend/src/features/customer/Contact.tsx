import { Button } from '@mantine/core'
import { IconEye } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { api, read } from '@/api/client'
import type { components } from '@/api/schema'
import type { Contact as ContactData } from '@/api/shapes'
import { usePermissions } from '@/api/useSession'
import { NO_VALUE } from '@/ui/format'
import { showError } from '@/ui/toasts'
import css from './Contact.module.css'

type Standard = components['schemas']['StandardForm']

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
  const { email, phone, postcode } = (reveal.data?.standard ?? {}) as Record<string, Standard | undefined>
  const shown = { ...contact, ...open }
  const isEmpty = Object.values(contact).every(value => !value)
  if (isEmpty) return <p className={css.note}>No contact details.</p>
  const address = [shown.address, postcode?.standard ?? shown.postcode, shown.city].filter(Boolean).join(', ')
  return (
    <div className={css.contact}>
      <dl className={css.list}>
        <dt>E-mail</dt>
        <dd>
          {open?.email ? (
            <a href={`mailto:${email?.standard ?? open.email}`}>{email?.standard ?? open.email}</a>
          ) : (
            (shown.email ?? NO_VALUE)
          )}
          <AsWritten form={email} />
        </dd>
        <dt>Phone</dt>
        <dd>
          {open?.phone ? (
            <a href={`tel:${phone?.standard ?? open.phone}`}>{phone?.standard ?? open.phone}</a>
          ) : (
            (shown.phone ?? NO_VALUE)
          )}
          <AsWritten form={phone} />
        </dd>
        <dt>Address</dt>
        <dd>
          {address || NO_VALUE}
          <AsWritten form={postcode} />
        </dd>
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

/** What is wrong with a value, and how its source writes it where that differs from what is shown. */
function AsWritten({ form }: { form: Standard | undefined }) {
  if (!form) return null
  return (
    <>
      {form.problem && (
        <span className={css.problem}>{form.suggestion ? form.problem.replace('did', 'Did') : form.problem}</span>
      )}
      {form.standard && form.standard !== form.raw && (
        <details className={css.written}>
          <summary>As the source writes it</summary>
          <span dir="auto">{form.raw}</span> (rule {form.rule} v{form.version})
        </details>
      )}
    </>
  )
}
