import { Button, type ButtonProps } from '@mantine/core'
import { IconPhone } from '@tabler/icons-react'
import type { ComponentPropsWithRef } from 'react'
import type { CustomerRow } from '@/api/shapes'

type Props = { who: Pick<CustomerRow, 'customer_id' | 'name'> } & ButtonProps &
  Omit<ComponentPropsWithRef<'button'>, keyof ButtonProps>

/** The button the call menu opens from; it stands in for the menu until that is loaded. */
export function CallButton({ who, ...button }: Props) {
  return (
    <Button
      {...button}
      variant="default"
      leftSection={<IconPhone size={16} aria-hidden />}
      data-log
      aria-label={`Log call with ${who.name ?? who.customer_id}`}
    >
      Log call
    </Button>
  )
}
