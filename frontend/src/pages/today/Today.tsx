import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useRef } from 'react'
import { queries } from '@/api/queries'
import type { CustomerRow } from '@/api/shapes'
import { usePermissions, useUser } from '@/api/useSession'
import { Kpis } from '@/features/calculation/Kpis'
import { Metric, MetricRow } from '@/features/calculation/Metric'
import { LogCall } from '@/features/customer/LogCall'
import { NoCustomersAssigned } from '@/features/customer/NoCustomersAssigned'
import { SegmentBadge } from '@/features/customer/SegmentBadge'
import { ProbabilityBar } from '@/features/customer/scores'
import { useCustomerPanel } from '@/features/customer/useCustomerPanel'
import { Badge } from '@/ui/Badge'
import { asSentence, count, money, percent, plural } from '@/ui/format'
import { Card, Page } from '@/ui/Page'
import { focusedRow, moveFocus, useShortcuts } from '@/ui/shortcuts'
import { EmptyState, Loading, QueryState } from '@/ui/states'
import css from './Today.module.css'

/** Who to call today: the ranked list, its expected revenue, and one click to log a call. */
export default function Today() {
  const calls = useQuery(queries.callsToday())
  const panel = useCustomerPanel()
  const list = useRef<HTMLOListElement>(null)
  const can = usePermissions()
  const summary = calls.data?.summary
  const currency = calls.data?.meta.currency

  useShortcuts({
    j: () => moveFocus(list.current, 1),
    k: () => moveFocus(list.current, -1),
    l: () => list.current?.querySelector<HTMLElement>(`[data-row="${focusedRow(list.current)}"] [data-log]`)?.click(),
  })

  return (
    <div className={css.today} data-panel={panel.open ? true : undefined}>
      <Page
        title="Who to call today"
        sentence={
          !summary ? (
            ' '
          ) : (
            <>
              <strong>{plural(summary.calls, 'customer')}</strong>,{' '}
              <strong>{money(summary.expected_revenue, currency)}</strong> expected revenue (30 days)
            </>
          )
        }
      >
        {!calls.isError && (
          <MetricRow>
            <Metric label="Called today" value={summary && count(summary.already_called)} />
            <Kpis names={['revenue', 'expected_revenue', 'at_risk_revenue']} />
          </MetricRow>
        )}
        <Card flush>
          <QueryState
            query={calls}
            loading={
              <div className={css.loading}>
                <Loading rows={10} height={40} gap={24} />
              </div>
            }
            isEmpty={answer => answer.data.length === 0}
            empty={<NoCalls called={summary?.already_called ?? 0} customers={calls.data?.customers ?? 0} />}
          >
            {answer => (
              <>
                <div className={css.head} aria-hidden>
                  <span>Customer</span>
                  <span>Why call</span>
                  <span>Chance to order</span>
                  <span>Expected revenue (30 days)</span>
                </div>
                <ol className={css.list} ref={list} aria-label="Customers to call, best first">
                  {answer.data.map((row, index) => (
                    <Row
                      key={row.customer_id}
                      row={row}
                      rank={index + 1}
                      currency={currency}
                      isOpen={panel.open === row.customer_id}
                      canLog={can('calls.write')}
                      onOpen={panel.show}
                      onPrepare={panel.prepare}
                    />
                  ))}
                </ol>
              </>
            )}
          </QueryState>
        </Card>
      </Page>
      {panel.panel}
    </div>
  )
}

interface RowProps {
  row: CustomerRow
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
          {row.handled_by && <Badge tone="good">Called by {row.handled_by}</Badge>}
        </span>
      </div>
      <p className={css.reasons}>
        {row.reasons[0] && asSentence(row.reasons[0])}
        {row.reasons[1] && <span className={css.secondReason}> · {row.reasons[1]}</span>}
      </p>
      <span className={css.chance}>
        <span className={css.label}>Chance to order</span>
        <ProbabilityBar value={row.probability}>{percent(row.probability)}</ProbabilityBar>
      </span>
      <span className={css.revenue}>
        <span className={css.label}>Expected revenue (30 days)</span>
        {money(row.expected_revenue, currency)}
      </span>
      <span className={css.action}>{canLog && !row.handled_by && <LogCall customer={row} />}</span>
    </li>
  )
}

function NoCalls({ called, customers }: { called: number; customers: number }) {
  const can = usePermissions()
  const { scope } = useUser()
  if (!customers && scope !== 'all') return <NoCustomersAssigned />
  return called ? (
    <EmptyState title="All done for today" action={<Link to="/customers">View all customers</Link>}>
      {plural(called, 'call')} logged. Snoozed customers return to the list on the date you chose.
    </EmptyState>
  ) : (
    <EmptyState title="No customers to call" action={can('runs.read') && <Link to="/runs">View updates</Link>}>
      There are too few orders to predict who will order next.
    </EmptyState>
  )
}
