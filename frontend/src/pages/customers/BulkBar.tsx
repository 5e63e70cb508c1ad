import { Button, Menu } from '@mantine/core'
import '@/ui/theme/menus'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api, read } from '@/api/client'
import { queries } from '@/api/queries'
import type { CustomerRow } from '@/api/shapes'
import { usePermissions } from '@/api/useSession'
import { SNOOZES, useEngagement } from '@/features/customer/engagement'
import { count, inDays, money, plural } from '@/ui/format'
import { lazyComponent } from '@/ui/lazyComponent'
import { showError } from '@/ui/toasts'
import css from './Customers.module.css'
import { areEqual, countSelected, type Filters, NONE, type Selection, setSelection, toBody } from './selection'

const MergeDialog = lazyComponent(() => import('@/features/identity/MergeDialog'))
const ConfirmBulk = lazyComponent(() => import('./ConfirmBulk'))

interface Props {
  selection: Selection
  /** The rows of the list that are loaded, and its filters and length. */
  rows: CustomerRow[]
  filters: Filters
  total: number
  currency: string | null | undefined
  onExport: () => void
}

interface Waiting {
  title: string
  action: string
  run: () => void
}

/** Above this many customers, an action is confirmed first; below, its message can undo it. */
const CONFIRM_ABOVE = 200
const MOST_MERGED = 50
const clear = () => setSelection(NONE)

/** Actions on the selected customers, after their number, their expected revenue, and how many the filters hide. */
export function BulkBar({ selection, rows, filters, total, currency, onExport }: Props) {
  const can = usePermissions()
  const engagement = useEngagement()
  const [merging, setMerging] = useState<string[] | null>(null)
  const [waiting, setWaiting] = useState<Waiting | null>(null)
  const { customers, expected, hidden } = useSummary(selection, rows, filters)
  const which = { ids: [...(selection.ids ?? [])], selection: toBody(selection) }
  const done = { onSuccess: clear, onSettled: () => setWaiting(null) }
  const isAll = selection.kind === 'matching' && areEqual(selection.filters, filters)

  function confirmed(title: string, action: string, run: () => void) {
    if (selection.kind === 'matching' || customers > CONFIRM_ABOVE) setWaiting({ title, action, run })
    else run()
  }

  return (
    <section className={`${css.bulk} no-print`} aria-label="Selected customers">
      <span>
        <strong>{plural(customers, 'customer')}</strong>
        {expected !== undefined && `, ${money(expected, currency)} expected revenue`}
        {hidden > 0 && `, ${count(hidden)} hidden by the filters`}
      </span>
      {!isAll && total > rows.length && <SelectAll filters={filters} total={total} />}
      {can('customers.assign') && (
        <Assign
          onPick={user =>
            confirmed(
              user
                ? `Assign ${plural(customers, 'customer')} to ${user.name}?`
                : `Unassign ${plural(customers, 'customer')}?`,
              user ? 'Assign' : 'Unassign',
              () => engagement.assign.mutate({ ...which, user }, done),
            )
          }
        />
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
                onClick={() =>
                  confirmed(`Snooze ${plural(customers, 'customer')} ${label.toLowerCase()}?`, 'Snooze', () =>
                    engagement.snooze.mutate({ ...which, until: inDays(days) }, done),
                  )
                }
              >
                {label}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
      {can('identity.review') && which.ids.length > 1 && which.ids.length <= MOST_MERGED && (
        <Button variant="default" onClick={() => setMerging(which.ids)}>
          Merge
        </Button>
      )}
      {can('customers.export') && (
        <Button variant="default" onClick={onExport}>
          Export
        </Button>
      )}
      <Button variant="subtle" onClick={clear}>
        Clear selection
      </Button>
      {merging && <MergeDialog ids={merging} onDone={clear} onClose={() => setMerging(null)} />}
      {waiting && (
        <ConfirmBulk
          {...waiting}
          isBusy={engagement.assign.isPending || engagement.snooze.isPending}
          hidden={hidden}
          onClose={() => setWaiting(null)}
        />
      )}
    </section>
  )
}

/** What is selected: counted here where all of it is on the page, by the server otherwise. */
function useSummary(selection: Selection, rows: CustomerRow[], filters: Filters) {
  const loaded = selection.ids ? rows.filter(row => selection.ids?.has(row.customer_id)) : []
  const isLoaded = loaded.length === selection.ids?.size
  const answer = useQuery({ ...queries.selection(toBody(selection), filters), enabled: !isLoaded })
  if (isLoaded) {
    const expected = loaded.reduce((sum, row) => sum + (row.expected_revenue ?? 0), 0)
    return { customers: loaded.length, expected, hidden: 0 }
  }
  const known = answer.data
  return {
    customers: countSelected(selection),
    expected: known?.expected_revenue ?? undefined,
    hidden: known ? known.customers - known.shown : 0,
  }
}

/** Selects every customer of the list, also those that are not loaded. */
function SelectAll({ filters, total }: { filters: Filters; total: number }) {
  const select = useMutation({
    mutationFn: () => read(api.POST('/api/selections', { body: { matching: filters, except_ids: [], ids: true } })),
    onSuccess: found =>
      setSelection({
        kind: 'matching',
        filters,
        total: found.customers,
        ids: found.customer_ids ? new Set(found.customer_ids) : null,
        without: new Set(),
      }),
    onError: showError,
  })
  return (
    <Button variant="light" loading={select.isPending} onClick={() => select.mutate()}>
      Select all {count(total)}
    </Button>
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
