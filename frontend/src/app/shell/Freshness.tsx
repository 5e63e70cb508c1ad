import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { queries } from '@/api/queries'
import { dateTime, day, timeOfDay } from '@/ui/format'
import css from './Freshness.module.css'
import type { Live } from './useLive'

/** On every page: the last day of the data, the update shown, and the live state. */
export function Freshness({ live }: { live: Live }) {
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
        <span className={css.dot} aria-hidden />
        {isOffline ? `Offline since ${timeOfDay(live.since)}` : live.state === 'live' ? 'Live' : 'Connecting'}
      </span>
    </div>
  )
}
