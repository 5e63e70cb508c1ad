import { Button } from '@mantine/core'
import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { Link, useSearch } from '@tanstack/react-router'
import { Fragment, type RefObject, startTransition, useEffect, useRef, useState } from 'react'
import { useConnection } from '@/api/connection'
import { queries } from '@/api/queries'
import type { CallList, CallRow } from '@/api/shapes'
import { usePermissions, useUser } from '@/api/useSession'
import { Kpis } from '@/features/calculation/Kpis'
import { Metric, MetricRow } from '@/features/calculation/Metric'
import { CallActions } from '@/features/customer/CallActions'
import { NoCustomersAssigned } from '@/features/customer/NoCustomersAssigned'
import { SegmentBadge } from '@/features/customer/SegmentBadge'
import { ProbabilityBar } from '@/features/customer/scores'
import { useCustomerPanel } from '@/features/customer/useCustomerPanel'
import { Badge } from '@/ui/Badge'
import { count, day, inDays, money, percent, plural } from '@/ui/format'
import { lazyComponent } from '@/ui/lazyComponent'
import { Card, Page } from '@/ui/Page'
import { focusedRow, moveFocus, useShortcuts } from '@/ui/shortcuts'
import { EmptyState, Loading, QueryState } from '@/ui/states'
import { Tabs } from '@/ui/Tabs'
import { callReason } from './reasons'
import { TABS, type TodaySearch } from './search'
import css from './Today.module.css'

const Buyers = lazyComponent(
  () => import('./Buyers'),
  () => <Loading rows={10} height={40} gap={24} />,
)
const ListSettings = lazyComponent(() => import('./ListSettings'))

/** Who to call today and why, and the customers most likely to buy. */
export default function Today() {
  const { tab = 'calls' } = useSearch({ strict: false }) as TodaySearch
  const [isConfiguring, setConfiguring] = useState(false)
  const calls = useQuery(queries.callsToday())
  const panel = useCustomerPanel()
  const can = usePermissions()
  const { state } = useConnection()
  const summary = calls.data?.summary
  const currency = calls.data?.meta.currency

  return (
    <div className={css.today} data-panel={panel.open ? true : undefined}>
      <Page
        title="Who to call today"
        sentence={
          !summary ? (
            ' '
          ) : (
            <>
              <strong>{plural(summary.calls, 'customer')}</strong> to call,{' '}
              <strong>{money(summary.value_at_risk, currency)}</strong> revenue at risk
            </>
          )
        }
        actions={
          can('calls.configure') && (
            <Button variant="default" onClick={() => setConfiguring(true)} onPointerEnter={ListSettings.preload}>
              List settings
            </Button>
          )
        }
      >
        {(calls.data || !calls.isError) && (
          <MetricRow>
            <Metric
              label="Called today"
              value={summary && count(summary.already_called)}
              note={state === 'offline' && 'Last known figure'}
            />
            <Metric
              label="Revenue at risk on this list"
              value={summary && money(summary.value_at_risk, currency, 'exact')}
              note={
                state === 'offline'
                  ? 'Last known figure'
                  : 'Expected after the last order, no longer expected now; next 30 days'
              }
            />
            <Kpis names={['revenue', 'expected_revenue']} />
          </MetricRow>
        )}
        {can('customers.read') && <Tabs label="Today views" now={tab} tabs={TABS} />}
        {tab === 'buyers' && can('customers.read') ? (
          <Buyers onOpen={panel.show} onPrepare={panel.prepare} />
        ) : (
          <CallRows panel={panel} calls={calls} />
        )}
      </Page>
      {panel.panel}
      {isConfiguring && <ListSettings onClose={() => setConfiguring(false)} />}
    </div>
  )
}

interface CallRowsProps {
  panel: ReturnType<typeof useCustomerPanel>
  calls: UseQueryResult<CallList>
}

/** The call list, under a heading for each call reason. */
function CallRows({ panel, calls }: CallRowsProps) {
  const list = useRef<HTMLOListElement>(null)
  const press = (button: string) =>
    list.current?.querySelector<HTMLElement>(`[data-row="${focusedRow(list.current)}"] ${button}`)?.click()
  useShortcuts({
    j: () => moveFocus(list.current, 1),
    k: () => moveFocus(list.current, -1),
    c: () => press('[data-call]'),
    l: () => press('[data-log]'),
  })
  return (
    <Card flush>
      <QueryState
        query={calls}
        loading={
          <div className={css.loading}>
            <Loading rows={10} height={40} gap={24} />
          </div>
        }
        isEmpty={answer => answer.data.length === 0}
        empty={
          <NoCalls
            called={calls.data?.summary.already_called ?? 0}
            customers={calls.data?.customers ?? 0}
            isDone={Boolean(calls.data?.call_list)}
          />
        }
      >
        {answer => (
          <>
            <div className={css.head} aria-hidden>
              <span>Customer</span>
              <span>Why call</span>
              <span>Chance to order</span>
              <span>Expected revenue</span>
            </div>
            <CallEntries answer={answer} panel={panel} list={list} />
          </>
        )}
      </QueryState>
    </Card>
  )
}

/** Rows drawn first: as many as a window shows. The others follow once these are on screen. */
const FIRST_ROWS = 15

interface CallEntriesProps extends Pick<CallRowsProps, 'panel'> {
  answer: CallList
  list: RefObject<HTMLOListElement | null>
}

function CallEntries({ answer: { data, meta }, panel, list }: CallEntriesProps) {
  const can = usePermissions()
  const [isWhole, setWhole] = useState(data.length <= FIRST_ROWS)
  useEffect(() => startTransition(() => setWhole(true)), [])
  return (
    <ol className={css.list} ref={list} aria-label="Customers to call, best first" aria-busy={!isWhole || undefined}>
      {(isWhole ? data : data.slice(0, FIRST_ROWS)).map((row, index) => (
        <Fragment key={row.customer_id}>
          {row.call_reason !== data[index - 1]?.call_reason && (
            <ReasonHeading
              reason={row.call_reason}
              customers={data.filter(each => each.call_reason === row.call_reason).length}
            />
          )}
          <Row
            row={row}
            rank={index + 1}
            currency={meta.currency}
            isOpen={panel.open === row.customer_id}
            canLog={can('calls.write')}
            onOpen={panel.show}
            onPrepare={panel.prepare}
          />
        </Fragment>
      ))}
    </ol>
  )
}

/** The customers below have this call reason. */
function ReasonHeading({ reason, customers }: { reason: string | null; customers: number }) {
  const { label, meaning } = callReason(reason)
  return (
    <li className={css.group}>
      <h2>
        {label} <span className={css.groupCount}>{count(customers)}</span>
      </h2>
      <span>{meaning}</span>
    </li>
  )
}

interface RowProps {
  row: CallRow
  rank: number
  currency: string | null | undefined
  isOpen: boolean
  canLog: boolean
  onOpen: (customer: string) => void
  onPrepare: (customer: string) => void
}

function Row({ row, rank, currency, isOpen, canLog, onOpen, onPrepare }: RowProps) {
  return (
    <li
      className={css.row}
      data-row={row.customer_id}
      data-open={isOpen || undefined}
      data-handled={row.handled_by ? true : undefined}
    >
      <span className={css.rank} aria-hidden>
        {rank}
      </span>
      <div className={css.customer}>
        <button
          type="button"
          className={css.name}
          dir="auto"
          data-focus
          onClick={() => onOpen(row.customer_id)}
          onPointerEnter={() => onPrepare(row.customer_id)}
          onFocus={() => onPrepare(row.customer_id)}
        >
          {row.name ?? row.customer_id}
        </button>
        <span className={css.segment}>
          <SegmentBadge segment={row.segment} />
          {row.follow_up && (
            <Badge tone="warn">
              {row.follow_up.due_on < inDays(0) ? `Overdue since ${day(row.follow_up.due_on)}` : 'Due today'}
            </Badge>
          )}
          {row.handled_by && <Badge tone="good">Called by {row.handled_by}</Badge>}
        </span>
      </div>
      <p className={css.reasons}>{row.why_call}</p>
      <span className={css.chance}>
        <span className={css.label}>Chance to order</span>
        <ProbabilityBar value={row.probability}>{percent(row.probability)}</ProbabilityBar>
      </span>
      <span className={css.revenue}>
        <span className={css.label}>Expected revenue</span>
        {money(row.expected_revenue, currency)}
        {row.value_at_risk !== null && <span className={css.atRisk}>{money(row.value_at_risk, currency)} at risk</span>}
      </span>
      <span className={css.action}>
        {canLog && !row.handled_by && <CallActions customer={row} hasPhone={row.has_phone} />}
      </span>
    </li>
  )
}

function NoCalls({ called, customers, isDone }: { called: number; customers: number; isDone: boolean }) {
  const can = usePermissions()
  const { scope } = useUser()
  if (!customers && scope !== 'all') return <NoCustomersAssigned />
  return isDone || called ? (
    <EmptyState title="All done for today" action={<Link to="/customers">View all customers</Link>}>
      {plural(called, 'call')} logged. Snoozed customers return to the list on the date you chose.
    </EmptyState>
  ) : (
    <EmptyState title="No customers to call" action={can('runs.read') && <Link to="/runs">View updates</Link>}>
      No customer is overdue, due to order, lapsed, or waiting for a second order.
    </EmptyState>
  )
}
