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

/** Actions on the selected customers, after their number and expected revenue. */
export function BulkBar({ rows, currency, onExport, onClear }: Props) {
  const can = usePermissions()
  const engagement = useEngagement()
  const ids = rows.map(row => row.customer_id)
  const expectedRevenue = rows.reduce((sum, row) => sum + (row.expected_revenue ?? 0), 0)
  return (
    <section className={`${css.bulk} no-print`} aria-label="Selected customers">
      <span>
        <strong>{plural(rows.length, 'customer')}</strong>, {money(expectedRevenue, currency)} expected revenue
      </span>
      {can('customers.assign') && (
        <Assign onPick={user => engagement.assign.mutate({ ids, user }, { onSuccess: onClear })} />
      )}
      {can('calls.write') && (
        <Menu position="top" shadow="md">
          <Menu.Target>
            <Button variant="default">Snooze</Button>
          </Menu.Target>
          <Menu.Dropdown>
            {SNOOZES.map(({ days, label }) => (
              <Menu.Item
                key={days}
                onClick={() => engagement.snooze.mutate({ ids, until: inDays(days) }, { onSuccess: onClear })}
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
        Clear selection
      </Button>
    </section>
  )
}

function Assign({ onPick }: { onPick: (user: { user_id: number; name: string } | null) => void }) {
  const assignees = useQuery(queries.assignees())
  return (
    <Menu position="top" shadow="md">
      <Menu.Target>
        <Button variant="default">Assign</Button>
      </Menu.Target>
      <Menu.Dropdown className={css.viewMenu}>
        {assignees.data?.data.map(assignee => (
          <Menu.Item key={assignee.user_id} onClick={() => onPick(assignee)}>
            {assignee.name}
          </Menu.Item>
        ))}
        {assignees.data && (
          <>
            <Menu.Divider />
            <Menu.Item onClick={() => onPick(null)}>No owner</Menu.Item>
          </>
        )}
        {assignees.data?.data.length === 0 && <Menu.Label>No users to assign to</Menu.Label>}
      </Menu.Dropdown>
    </Menu>
  )
}
