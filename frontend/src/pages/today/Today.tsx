import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useRef } from 'react'
import { queries } from '@/api/queries'
import type { CustomerRow } from '@/api/shapes'
import { usePermissions } from '@/api/useSession'
import { Kpis } from '@/features/calculation/Kpis'
import { Metric, MetricRow } from '@/features/calculation/Metric'
import { LogCall } from '@/features/customer/LogCall'
import { SegmentBadge } from '@/features/customer/SegmentBadge'
import { ProbabilityBar } from '@/features/customer/scores'
import { useCustomerPanel } from '@/features/customer/useCustomerPanel'
import { Badge } from '@/ui/Badge'
import { asSentence, count, money, percent, plural } from '@/ui/format'
import { Card, Page } from '@/ui/Page'
import { focusedRow, moveFocus, useShortcuts } from '@/ui/shortcuts'
import { EmptyState, Loading, QueryState } from '@/ui/states'
import css from './Today.module.css'

/** Who to call today: the ranked list, what it is worth, and one click to log the call. */
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
              <strong>{money(summary.expected_value, currency)}</strong> expected within 30 days
            </>
          )
        }
      >
        {!calls.isError && (
          <MetricRow>
            <Metric label="Called today" value={summary && count(summary.already_called)} />
            <Kpis names={['revenue', 'expected_value', 'at_risk_revenue']} />
          </MetricRow>
        )}
        <Card flush>
          <QueryState
            query={calls}
            loading={
              <div className={css.waiting}>
                <Loading rows={10} height={40} gap={24} />
              </div>
            }
            isEmpty={answer => answer.data.length === 0}
            empty={<Done called={summary?.already_called ?? 0} />}
          >
            {answer => (
              <>
                <div className={css.head} aria-hidden>
                  <span>Customer</span>
                  <span>Why now</span>
                  <span>Likely</span>
                  <span>Expected</span>
                </div>
                <ol className={css.list} ref={list} aria-label="Customers to call, best first">
                  {answer.data.map((row, place) => (
                    <Row
                      key={row.customer_id}
                      row={row}
                      rank={place + 1}
                      currency={currency}
                      isOpen={panel.open === row.customer_id}
                      canLog={can('calls.write')}
                      onOpen={panel.show}
                      onNear={panel.prepare}
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
  onNear: (customer: string) => void
}

function Row({ row, rank, currency, isOpen, canLog, onOpen, onNear }: RowProps) {
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
      <div className={css.who}>
        <button
          type="button"
          className={css.name}
          dir="auto"
          data-focus
          onClick={() => onOpen(row.customer_id)}
          onPointerEnter={() => onNear(row.customer_id)}
          onFocus={() => onNear(row.customer_id)}
        >
          {row.name ?? row.customer_id}
        </button>
        <span className={css.segment}>
          <SegmentBadge segment={row.segment} />
          {row.handled_by && <Badge tone="good">Called by {row.handled_by}</Badge>}
        </span>
      </div>
      <p className={css.why}>
        {row.reasons[0] && asSentence(row.reasons[0])}
        {row.reasons[1] && <span className={css.more}> · {row.reasons[1]}</span>}
      </p>
      <span className={css.chance}>
        <ProbabilityBar value={row.probability}>{percent(row.probability)}</ProbabilityBar>
      </span>
      <span className={css.worth}>
        <span className="only-read">expected </span>
        {money(row.expected_value, currency)}
      </span>
      <span className={css.act}>{canLog && !row.handled_by && <LogCall who={row} />}</span>
    </li>
  )
}

function Done({ called }: { called: number }) {
  const can = usePermissions()
  return called ? (
    <EmptyState title="All done for today" action={<Link to="/customers">Look further down the list</Link>}>
      {plural(called, 'call')} logged. Those put off come back on their day.
    </EmptyState>
  ) : (
    <EmptyState title="Nobody to call yet" action={can('runs.read') && <Link to="/runs">What is missing</Link>}>
      The orders do not allow a prediction yet: there are too few, or too short a time of them.
    </EmptyState>
  )
}
