import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Dialog } from '@/ui/Dialog'
import { dateTime, humanize, NO_VALUE } from '@/ui/format'
import { QueryState } from '@/ui/states'
import css from './Activity.module.css'
import { activityQueries } from './activityQueries'

/** The details of one event, with what is personal where the user may see it. */
export function EventDialog({ seq, onClose }: { seq: number; onClose: () => void }) {
  const query = useQuery(activityQueries.event(seq))
  return (
    <Dialog size="lg" title={`Event ${seq}`} onClose={onClose}>
      <QueryState query={query}>
        {event => (
          <dl className={css.facts}>
            <dt>What</dt>
            <dd>{describeType(event.type)}</dd>
            <dt>Time</dt>
            <dd>{dateTime(event.occurred_at)}</dd>
            <dt>Received</dt>
            <dd>{dateTime(event.received_at)}</dd>
            {event.claimed_at && (
              <>
                <dt>Time as sent</dt>
                <dd>{dateTime(event.claimed_at)} (corrected)</dd>
              </>
            )}
            <dt>From</dt>
            <dd>
              {event.source}, {event.via === 'browser' ? 'a browser' : 'a program'}
            </dd>
            <dt>Customer</dt>
            <dd>
              {event.customer_id ? (
                <Link to="/customers/$id" params={{ id: event.customer_id }}>
                  {event.customer_id}
                </Link>
              ) : event.visitor_id ? (
                `Unknown visitor ${event.visitor_id}`
              ) : (
                NO_VALUE
              )}
            </dd>
            {event.filtered && (
              <>
                <dt>Left out</dt>
                <dd>{event.filtered === 'bot' ? 'A bot: counts in no figure' : 'A test: counts in no figure'}</dd>
              </>
            )}
            {Object.entries({ ...event.data, ...event.personal }).map(([name, value]) => (
              <Fact key={name} name={name} value={value} />
            ))}
            {event.has_personal && !event.personal && (
              <>
                <dt>Personal part</dt>
                <dd>Not shown: you may not see names, or the customer was erased</dd>
              </>
            )}
          </dl>
        )}
      </QueryState>
    </Dialog>
  )
}

function Fact({ name, value }: { name: string; value: unknown }) {
  return (
    <>
      <dt>{humanize(name)}</dt>
      <dd>{typeof value === 'object' ? JSON.stringify(value) : String(value)}</dd>
    </>
  )
}

/** `page.viewed` as `Page viewed`. */
export const describeType = (type: string) => humanize(type.replace('.', '_'))
