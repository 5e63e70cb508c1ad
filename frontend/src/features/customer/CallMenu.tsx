import { Menu } from '@mantine/core'
import '@/ui/theme/menus'
import { IconZzz } from '@tabler/icons-react'
import { useEffect, useRef, useState } from 'react'
import type { CustomerRow } from '@/api/shapes'
import { inDays } from '@/ui/format'
import { CallButton } from './CallButton'
import { OUTCOMES, SNOOZES, useEngagement } from './engagement'

/** Log the outcome of a call, or put the customer off: two clicks. It comes with the first of them, so it opens at once. */
export default function CallMenu({ who }: { who: Pick<CustomerRow, 'customer_id' | 'name'> }) {
  const desk = useEngagement()
  const [isOpen, setOpen] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  // Focused first, so that the focus comes back here when it closes.
  useEffect(() => {
    button.current?.focus()
    setOpen(true)
  }, [])
  return (
    <Menu position="bottom-end" shadow="md" width={200} opened={isOpen} onChange={setOpen}>
      <Menu.Target>
        <CallButton who={who} ref={button} />
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>How did it go?</Menu.Label>
        {OUTCOMES.map(({ value, label }) => (
          <Menu.Item key={value} onClick={() => desk.logCall.mutate({ who, outcome: value })}>
            {label}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Label>Not now</Menu.Label>
        {SNOOZES.map(({ days, label }) => (
          <Menu.Item
            key={days}
            leftSection={<IconZzz size={16} aria-hidden />}
            onClick={() => desk.snooze.mutate({ ids: [who.customer_id], until: inDays(days) })}
          >
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
