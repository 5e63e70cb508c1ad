import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useSyncExternalStore } from 'react'
import { useConnection } from '@/api/connection'
import { queries } from '@/api/queries'
import { useUser } from '@/api/useSession'
import { countWaitingCalls, subscribeToCalls } from '@/features/customer/callQueue'
import { dateTime, day, plural, timeOfDay } from '@/ui/format'
import css from './Freshness.module.css'

/** On every page: the last day of the data, the update shown, the live state, and calls that wait to be sent. */
export function Freshness() {
  const live = useConnection()
  const { user_id } = useUser()
  const waiting = useSyncExternalStore(subscribeToCalls, () => countWaitingCalls(user_id))
  const { data } = useQuery(queries.freshness())
  const isOffline = live.state === 'offline'
  return (
    <div className={css.freshness}>
      {data?.run && (
        <Link
          to="/runs"
          className={css.data}
          title={`Update ${data.run.run_id}, published ${dateTime(data.run.published_at)}${data.refreshing ? '. The next update is running.' : ''}`}
        >
          Data to {day(data.run.data_to)}
        </Link>
      )}
      {data && !data.run && <span className={css.data}>No data yet</span>}
      <span className={css.live} data-state={live.state} role="status">
        {waiting > 0 && live.state !== 'live' && <span>{plural(waiting, 'call')} not sent</span>}
        <span>
          <span className={css.dot} aria-hidden />
          {isOffline ? `Offline since ${timeOfDay(live.since)}` : live.state === 'live' ? 'Live' : 'Connecting'}
        </span>
      </span>
    </div>
  )
}
