import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useRef } from 'react'
import { ask } from '@/api/questions'
import type { CustomerRow } from '@/api/shapes'
import { Figure, Figures } from '@/components/Figure'
import { Empty, Faced, Waiting } from '@/components/faces'
import { asSentence, count, many, money, percent } from '@/components/format'
import { KpiFigures } from '@/components/Kpis'
import { focusedRow, moveFocus, useKeys } from '@/components/keys'
import { LogCall } from '@/components/LogCall'
import { Chip, Likelihood } from '@/components/marks'
import { Card, Page } from '@/components/Page'
import { SegmentMark } from '@/components/SegmentMark'
import { useMay } from '@/components/signedIn'
import { usePanel } from '@/components/usePanel'
import css from './Today.module.css'

/** Who to call today: the ranked list, what it is worth, and one click to log the call. */
export default function Today() {
  const calls = useQuery(ask.callsToday())
  const panel = usePanel()
  const list = useRef<HTMLOListElement>(null)
  const may = useMay()
  const summary = calls.data?.summary
  const currency = calls.data?.meta.currency

  useKeys({
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
              <strong>{many(summary.calls, 'customer')}</strong>,{' '}
              <strong>{money(summary.expected_value, currency)}</strong> expected within 30 days
            </>
          )
        }
      >
        {!calls.isError && (
          <Figures>
            <Figure label="Called today" value={summary && count(summary.already_called)} />
            <KpiFigures names={['revenue', 'expected_value', 'at_risk_revenue']} />
          </Figures>
        )}
        <Card flush>
          <Faced
            query={calls}
            waiting={
              <div className={css.waiting}>
                <Waiting rows={10} height={40} gap={24} />
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
                      canLog={may('calls.write')}
                      onOpen={panel.show}
                      onNear={panel.prepare}
                    />
                  ))}
                </ol>
              </>
            )}
          </Faced>
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
          <SegmentMark segment={row.segment} />
          {row.handled_by && <Chip tone="good">Called by {row.handled_by}</Chip>}
        </span>
      </div>
      <p className={css.why}>
        {row.reasons[0] && asSentence(row.reasons[0])}
        {row.reasons[1] && <span className={css.more}> · {row.reasons[1]}</span>}
      </p>
      <span className={css.chance}>
        <Likelihood value={row.probability}>{percent(row.probability)}</Likelihood>
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
  const may = useMay()
  return called ? (
    <Empty title="All done for today" action={<Link to="/customers">Look further down the list</Link>}>
      {many(called, 'call')} logged. Those put off come back on their day.
    </Empty>
  ) : (
    <Empty title="Nobody to call yet" action={may('runs.read') && <Link to="/runs">What is missing</Link>}>
      The orders do not allow a prediction yet: there are too few, or too short a time of them.
    </Empty>
  )
}
