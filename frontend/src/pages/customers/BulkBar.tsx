import { Button, Menu } from '@mantine/core'
import '@/ui/theme/menus'
import { useQuery } from '@tanstack/react-query'
import { queries } from '@/api/queries'
import type { CustomerRow } from '@/api/shapes'
import { usePermissions } from '@/api/useSession'
import { SNOOZES, useEngagement } from '@/features/customer/engagement'
import { inDays, money, plural } from '@/ui/format'
import css from './Customers.module.css'

interface Props {
  rows: CustomerRow[]
  currency: string | null | undefined
  onExport: () => void
  onClear: () => void
}

/** What can be done with the customers selected: how many they are and what they are worth is said first. */
export function BulkBar({ rows, currency, onExport, onClear }: Props) {
  const can = usePermissions()
  const desk = useEngagement()
  const ids = rows.map(row => row.customer_id)
  const worth = rows.reduce((sum, row) => sum + (row.expected_value ?? 0), 0)
  return (
    <section className={`${css.bulk} no-print`} aria-label="Selected customers">
      <span>
        <strong>{plural(rows.length, 'customer')}</strong>, {money(worth, currency)} expected
      </span>
      {can('customers.assign') && <Assign onPick={user => desk.assign.mutate({ ids, user }, { onSuccess: onClear })} />}
      {can('calls.write') && (
        <Menu position="top" shadow="md">
          <Menu.Target>
            <Button variant="default">Put off</Button>
          </Menu.Target>
          <Menu.Dropdown>
            {SNOOZES.map(({ days, label }) => (
              <Menu.Item
                key={days}
                onClick={() => desk.snooze.mutate({ ids, until: inDays(days) }, { onSuccess: onClear })}
              >
                {label}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
      {can('customers.export') && (
        <Button variant="default" onClick={onExport}>
          Export
        </Button>
      )}
      <Button variant="subtle" onClick={onClear}>
        Clear
      </Button>
    </section>
  )
}

function Assign({ onPick }: { onPick: (user: { user_id: number; name: string }) => void }) {
  const people = useQuery(queries.assignees())
  return (
    <Menu position="top" shadow="md">
      <Menu.Target>
        <Button variant="default">Assign</Button>
      </Menu.Target>
      <Menu.Dropdown className={css.viewMenu}>
        {people.data?.data.map(person => (
          <Menu.Item key={person.user_id} onClick={() => onPick(person)}>
            {person.name}
          </Menu.Item>
        ))}
        {people.data?.data.length === 0 && <Menu.Label>Nobody to assign to yet</Menu.Label>}
      </Menu.Dropdown>
    </Menu>
  )
}
