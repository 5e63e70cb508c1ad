import { Button } from '@mantine/core'
import { IconPhone } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { lazyComponent } from '@/ui/lazyComponent'
import css from './CallActions.module.css'
import type { CustomerRef } from './callQueue'
import { usePhone } from './usePhone'

const CallDialog = lazyComponent(() => import('./CallDialog'))

interface Props {
  customer: CustomerRef
  /** Whether a phone number is stored. */
  hasPhone: boolean
}

/** Call a customer and log the call: both open the same dialog; Call also shows the number, here and there. */
export function CallActions({ customer, hasPhone }: Props) {
  const [isOpen, setOpen] = useState(false)
  const phone = usePhone(customer.customer_id, hasPhone)
  const name = customer.name ?? customer.customer_id
  // Before the click, when the server may be unreachable.
  useEffect(() => void CallDialog.preload(), [])
  return (
    <span className={css.actions}>
      {phone.number ? (
        <a href={`tel:${phone.number}`} className={css.number}>
          {phone.number}
        </a>
      ) : phone.missing ? (
        <span className={css.missing}>{phone.missing}</span>
      ) : (
        <Button
          leftSection={<IconPhone size={16} aria-hidden />}
          data-call
          aria-label={`Call ${name}`}
          loading={phone.isPending}
          onClick={() => {
            phone.reveal()
            setOpen(true)
          }}
        >
          Call
        </Button>
      )}
      <Button variant="default" data-log aria-label={`Log call with ${name}`} onClick={() => setOpen(true)}>
        Log call
      </Button>
      {isOpen && <CallDialog customer={customer} phone={phone} onClose={() => setOpen(false)} />}
    </span>
  )
}
