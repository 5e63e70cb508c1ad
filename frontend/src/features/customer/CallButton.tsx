import { Button, type ButtonProps } from '@mantine/core'
import { IconPhone } from '@tabler/icons-react'
import type { ComponentPropsWithRef } from 'react'
import type { CustomerRow } from '@/api/shapes'

type Props = { customer: Pick<CustomerRow, 'customer_id' | 'name'> } & ButtonProps &
  Omit<ComponentPropsWithRef<'button'>, keyof ButtonProps>

/** The button that opens the call menu; shown alone until the menu is loaded. */
export function CallButton({ customer, ...button }: Props) {
  return (
    <Button
      {...button}
      variant="default"
      leftSection={<IconPhone size={16} aria-hidden />}
      data-log
      aria-label={`Log call with ${customer.name ?? customer.customer_id}`}
    >
      Log call
    </Button>
  )
}
