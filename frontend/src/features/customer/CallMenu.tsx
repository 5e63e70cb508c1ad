import { Menu } from '@mantine/core'
import '@/ui/theme/menus'
import { IconZzz } from '@tabler/icons-react'
import { useEffect, useRef, useState } from 'react'
import type { CustomerRow } from '@/api/shapes'
import { inDays } from '@/ui/format'
import { CallButton } from './CallButton'
import { OUTCOMES, SNOOZES, useEngagement } from './engagement'

/** Log the outcome of a call or snooze the customer, in two clicks. It loads on the first click and opens at once. */
export default function CallMenu({ customer }: { customer: Pick<CustomerRow, 'customer_id' | 'name'> }) {
  const engagement = useEngagement()
  const [isOpen, setOpen] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  // Focus the button first: the menu returns the focus to it when it closes.
  useEffect(() => {
    button.current?.focus()
    setOpen(true)
  }, [])
  return (
    <Menu position="bottom-end" shadow="md" width={200} opened={isOpen} onChange={setOpen}>
      <Menu.Target>
        <CallButton customer={customer} ref={button} />
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>How did it go?</Menu.Label>
        {OUTCOMES.map(({ value, label }) => (
          <Menu.Item key={value} onClick={() => engagement.logCall.mutate({ customer, outcome: value })}>
            {label}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Label>Snooze</Menu.Label>
        {SNOOZES.map(({ days, label }) => (
          <Menu.Item
            key={days}
            leftSection={<IconZzz size={16} aria-hidden />}
            onClick={() => engagement.snooze.mutate({ ids: [customer.customer_id], until: inDays(days) })}
          >
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
