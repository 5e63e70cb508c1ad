import { Button, NativeSelect } from '@mantine/core'
import '@/ui/theme/inputs'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { CALLS_A_PAGE, queries } from '@/api/queries'
import type { Call, Meta, Owner } from '@/api/shapes'
import { usePermissions, useUser } from '@/api/useSession'
import { OUTCOMES, outcomeLabel, useEngagement } from '@/features/customer/engagement'
import { ExportCalls } from '@/features/export/ExportCalls'
import { DataTable } from '@/ui/DataTable'
import { DateField } from '@/ui/DateField'
import { count, dateTime, day, lastDay, money, plural } from '@/ui/format'
import { lazyComponent } from '@/ui/lazyComponent'
import { Card, Page } from '@/ui/Page'
import { Pager } from '@/ui/Pager'
import { EmptyState, Loading, QueryState } from '@/ui/states'
import { Tabs } from '@/ui/Tabs'
import css from './CallLog.module.css'
import { type CallLogSearch, toCallQuery } from './search'

const CallDialog = lazyComponent(() => import('@/features/customer/CallDialog'))
const route = getRouteApi('/shell/calls')

/** Logged calls, own or the team's, with the orders that followed; each can be edited and undone at any time. */
export default function CallLog() {
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/calls' })
  const { scope } = useUser()
  const isOwnScope = scope === 'own'
  const can = usePermissions()
  const { page: _, ...filters } = toCallQuery(search, isOwnScope)
  const query = useQuery(queries.callLog(toCallQuery(search, isOwnScope)))
  const { page = 1, tab = isOwnScope ? 'mine' : 'team' } = search
  const change = (part: CallLogSearch) =>
    void navigate({ search: now => ({ ...now, page: undefined, ...part }), replace: true, resetScroll: false })
  const tabs = [
    { value: 'mine', label: 'My calls' },
    {
      value: 'team',
      label: scope === 'all' ? 'All calls' : scope === 'team' ? 'My team’s calls' : 'Calls to my customers',
    },
  ] as const
  const meta = query.data?.meta
  return (
    <Page
      title="Call log"
      sentence={
        query.data ? (
          <>
            <strong>{plural(query.data.total, 'call')}</strong>
            {meta && `. Orders within 30 days of each call, in the data to ${day(lastDay(meta.as_of))}`}
          </>
        ) : (
          ' '
        )
      }
      actions={can('customers.export') && <ExportCalls filters={filters} total={query.data?.total ?? 0} />}
    >
      <Tabs label="Whose calls" now={tab} tabs={tabs} />
      <Filters search={search} callers={tab === 'team' ? (query.data?.callers ?? []) : []} onChange={change} />
      <Card flush>
        <QueryState
          query={query}
          loading={
            <div className={css.loading}>
              <Loading rows={10} height={24} gap={16} />
            </div>
          }
          isEmpty={answer => answer.data.length === 0}
          empty={<NoCalls search={search} />}
        >
          {answer => <Table calls={answer.data} meta={answer.meta} />}
        </QueryState>
      </Card>
      <Pager
        page={page}
        pages={Math.ceil((query.data?.total ?? 0) / CALLS_A_PAGE)}
        onPage={next => change({ page: next })}
      />
    </Page>
  )
}

interface FiltersProps {
  search: CallLogSearch
  callers: Owner[]
  onChange: (part: CallLogSearch) => void
}

function Filters({ search, callers, onChange }: FiltersProps) {
  return (
    <search className={`${css.filters} no-print`}>
      {callers.length > 0 && (
        <NativeSelect
          label="Caller"
          value={String(search.caller ?? '')}
          onChange={event => onChange({ caller: Number(event.currentTarget.value) || undefined })}
          data={[
            { value: '', label: 'Everyone' },
            ...callers.map(({ user_id, name }) => ({ value: String(user_id), label: name ?? `User ${user_id}` })),
          ]}
        />
      )}
      <NativeSelect
        label="Outcome"
        value={search.outcome ?? ''}
        onChange={event =>
          onChange({ outcome: OUTCOMES.find(each => each.value === event.currentTarget.value)?.value })
        }
        data={[{ value: '', label: 'Any' }, ...OUTCOMES]}
      />
      <DateField label="From" max={search.to} value={search.from} onChange={from => onChange({ from })} />
      <DateField label="To" min={search.from} value={search.to} onChange={to => onChange({ to })} />
    </search>
  )
}

function NoCalls({ search: { caller, outcome, from, to } }: { search: CallLogSearch }) {
  if (caller || outcome || from || to)
    return (
      <EmptyState title="No calls match" action={<Link to="/calls">Clear the filters</Link>}>
        Choose other dates, another outcome or another caller.
      </EmptyState>
    )
  return (
    <EmptyState title="No calls yet" action={<Link to="/">Go to Today</Link>}>
      Calls you log on Today or on a customer’s page appear here, with the orders that follow.
    </EmptyState>
  )
}

function Table({ calls, meta }: { calls: Call[]; meta: Meta | null }) {
  const can = usePermissions()
  const [edited, setEdited] = useState<Call | null>(null)
  const engagement = useEngagement()
  return (
    <>
      <DataTable
        caption="Calls"
        rowKey={call => call.call_id}
        rows={calls}
        columns={[
          { name: 'called_at', label: 'Time', show: call => dateTime(call.called_at) },
          {
            name: 'customer_id',
            label: 'Customer',
            wrap: true,
            show: call => (
              <Link to="/customers/$id" params={{ id: call.customer_id }} className={css.customer}>
                {call.name ?? call.customer_id}
              </Link>
            ),
          },
          {
            name: 'outcome',
            label: 'Outcome',
            show: call => (
              <>
                {outcomeLabel(call.outcome)}
                {call.edited_at && <span className={css.dim}> (edited)</span>}
              </>
            ),
          },
          { name: 'caller', label: 'Caller', show: call => call.caller.name ?? 'A colleague' },
          {
            name: 'orders',
            label: 'Orders within 30 days',
            numeric: true,
            wrapLabel: true,
            show: call => orders(call, meta),
          },
          { name: 'note', label: 'Note', wrap: true },
          {
            name: 'follow_up',
            label: 'Follow-up',
            wrap: true,
            show: ({ follow_up: each }) =>
              each && `${day(each.due_on)}${each.task ? `: ${each.task}` : ''}${each.is_done ? ' (done)' : ''}`,
          },
          ...(can('calls.write')
            ? ([
                {
                  name: 'can_change',
                  label: '',
                  show: call =>
                    call.can_change && (
                      <span className={`${css.buttons} no-print`}>
                        <Button
                          variant="default"
                          size="compact-sm"
                          aria-label={`Edit call with ${call.name ?? call.customer_id}`}
                          onClick={() => setEdited(call)}
                        >
                          Edit
                        </Button>
                        <Button
                          variant="default"
                          size="compact-sm"
                          aria-label={`Undo call with ${call.name ?? call.customer_id}`}
                          loading={engagement.undoCall.isPending && engagement.undoCall.variables === call}
                          onClick={() => engagement.undoCall.mutate(call)}
                        >
                          Undo
                        </Button>
                      </span>
                    ),
                },
              ] as const satisfies Parameters<typeof DataTable<Call>>[0]['columns'])
            : []),
        ]}
      />
      {edited && <CallDialog customer={edited} call={edited} onClose={() => setEdited(null)} />}
    </>
  )
}

/** Count and net amount; while the 30 days are not over, more may follow. */
function orders({ orders: known }: Call, meta: Meta | null) {
  if (!known) return <span className={css.dim}>Not known yet</span>
  if (!known.orders) return <span className={css.dim}>{known.is_complete ? 'None' : 'None yet'}</span>
  return (
    <>
      {count(known.orders)}, {money(known.net_amount, meta?.currency)}
      {!known.is_complete && <span className={css.dim}> so far</span>}
    </>
  )
}
