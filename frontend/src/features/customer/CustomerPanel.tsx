import { Button, CloseButton } from '@mantine/core'
import { IconArrowUpRight } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { queries } from '@/api/queries'
import type { Customer } from '@/api/shapes'
import { usePermissions } from '@/api/useSession'
import { count, country, dateTime, day, money, percent } from '@/ui/format'
import { Loading, QueryState } from '@/ui/states'
import { useReturnFocus } from '@/ui/useReturnFocus'
import { CallActions } from './CallActions'
import { Contact } from './Contact'
import css from './CustomerPanel.module.css'
import { outcomeLabel, useEngagement } from './engagement'
import { REASONS_NOTE, Reasons } from './Reasons'
import { SegmentBadge } from './SegmentBadge'
import { ChurnBadge, RfmScore } from './scores'

interface Props {
  customerId: string
  onClose: () => void
}

/** One customer next to the list: predictions, reasons, contact details and call log. */
export default function CustomerPanel({ customerId, onClose }: Props) {
  const query = useQuery(queries.customer(customerId))
  const panel = useRef<HTMLElement>(null)
  useReturnFocus()
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new customer is read from the top
  useEffect(() => {
    panel.current?.focus({ preventScroll: true })
    panel.current?.scrollTo(0, 0)
  }, [customerId])
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && !event.defaultPrevented) onClose()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [onClose])
  return (
    <aside ref={panel} className={css.panel} aria-label="Customer" tabIndex={-1}>
      <div className={css.bar}>
        <span className={css.id}>{customerId}</span>
        <Button
          variant="subtle"
          size="compact-sm"
          rightSection={<IconArrowUpRight size={16} aria-hidden />}
          renderRoot={props => <Link to="/customers/$id" params={{ id: customerId }} {...props} />}
        >
          Open full page
        </Button>
        <CloseButton aria-label="Close panel" onClick={onClose} />
      </div>
      <div className={css.body}>
        <QueryState query={query} loading={<Loading rows={8} height={28} />}>
          {data => <Details data={data} />}
        </QueryState>
      </div>
    </aside>
  )
}

function Details({ data }: { data: Customer }) {
  const { scores, reasons, meta } = data
  const can = usePermissions()
  return (
    <>
      <div>
        <h2 className={css.name} dir="auto">
          {data.name ?? data.customer_id}
        </h2>
        <p className={css.dim}>
          {scores && <SegmentBadge segment={scores.segment} />} {data.country && `· ${country(data.country)}`}{' '}
          {data.owner && `· Owner: ${data.owner.name}`}
        </p>
      </div>
      {scores && (
        <dl className={css.pair}>
          <div>
            <dt>Chance to order (30 days)</dt>
            <dd>{percent(scores.probability)}</dd>
          </div>
          <div>
            <dt>Expected revenue (30 days)</dt>
            <dd>{money(scores.expected_revenue, meta.currency)}</dd>
          </div>
        </dl>
      )}
      {data.why_call && (
        <section>
          <h3 className={css.heading}>Why call</h3>
          <p>{data.why_call}</p>
        </section>
      )}
      <section>
        <h3 className={css.heading}>Chance to order: main factors</h3>
        <Reasons reasons={reasons} />
        {reasons.length > 0 && <p className={css.note}>{REASONS_NOTE}</p>}
      </section>
      {can('calls.write') && (
        <div className={`${css.call} no-print`}>
          <CallActions key={data.customer_id} customer={data} hasPhone={data.contact.phone !== null} />
        </div>
      )}
      {can('calls.read') && <FollowUps customerId={data.customer_id} />}
      <section>
        <h3 className={css.heading}>Contact</h3>
        <Contact key={data.customer_id} customerId={data.customer_id} contact={data.contact} />
      </section>
      {scores && (
        <section>
          <h3 className={css.heading}>Value</h3>
          <dl className={css.facts}>
            <dt>RFM</dt>
            <dd>
              <RfmScore {...scores} />
            </dd>
            <dt>Last order</dt>
            <dd>{day(scores.last_purchase_day)}</dd>
            <dt>Orders</dt>
            <dd>{count(scores.frequency)}</dd>
            <dt>Net revenue</dt>
            <dd>{money(scores.monetary, meta.currency)}</dd>
            <dt>Lifetime value (12 months)</dt>
            <dd>
              {money(scores.value_12m, meta.currency)}{' '}
              {scores.value_band && <span className={css.dim}>({scores.value_band})</span>}
            </dd>
            <dt>Last year’s revenue (365 days)</dt>
            <dd>{money(scores.revenue_365d, meta.currency)}</dd>
            <dt>Churn risk</dt>
            <dd>
              <ChurnBadge state={scores.churn_state} />
            </dd>
          </dl>
        </section>
      )}
      {can('calls.read') && <Calls customerId={data.customer_id} />}
    </>
  )
}

function FollowUps({ customerId }: { customerId: string }) {
  const query = useQuery(queries.followUps(customerId))
  const { finishFollowUp } = useEngagement()
  const can = usePermissions()
  if (!query.data?.data.length) return null
  return (
    <section>
      <h3 className={css.heading}>Follow-up</h3>
      <ul className={css.calls}>
        {query.data.data.map(each => (
          <li key={each.follow_up_id} className={css.followUp}>
            <span>
              <strong>{day(each.due_on)}</strong> {each.task ?? 'Call again'}
            </span>
            {can('calls.write') && (
              <Button
                variant="default"
                size="compact-sm"
                className="no-print"
                disabled={finishFollowUp.isPending}
                onClick={() => finishFollowUp.mutate(each.follow_up_id)}
              >
                Done
              </Button>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}

function Calls({ customerId }: { customerId: string }) {
  const query = useQuery(queries.calls(customerId))
  if (!query.data?.data.length) return null
  return (
    <section>
      <h3 className={css.heading}>Earlier calls</h3>
      <ul className={css.calls}>
        {query.data.data.map(call => (
          <li key={call.call_id}>
            <strong>{outcomeLabel(call.outcome)}</strong>{' '}
            <span className={css.dim}>
              {call.caller.name ?? 'Unknown user'}, {dateTime(call.called_at)}
            </span>
            {call.note && <p>{call.note}</p>}
          </li>
        ))}
      </ul>
    </section>
  )
}
