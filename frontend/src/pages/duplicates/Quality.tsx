import { useQuery } from '@tanstack/react-query'
import { Metric, MetricRow } from '@/features/calculation/Metric'
import { identityQueries, type MatchingQuality } from '@/features/identity/identity'
import { VERDICT_NAMES, WHY_NAMES } from '@/features/identity/names'
import { DataTable } from '@/ui/DataTable'
import { count, dateTime, day, money, percent, plural } from '@/ui/format'
import { Card } from '@/ui/Page'
import { EmptyState, Loading, QueryState } from '@/ui/states'
import { Completeness } from './Completeness'

/** How often merges are right, the open pairs, what the last comparison changed, and how much is known of customers. */
export function Quality() {
  return (
    <>
      <Matching />
      <Completeness />
    </>
  )
}

function Matching() {
  const query = useQuery(identityQueries.quality())
  return (
    <QueryState query={query} loading={<Loading rows={3} height={88} />}>
      {quality => (
        <>
          <Figures quality={quality} />
          <Card title="Open pairs by reason" flush>
            {quality.queue.length ? (
              <DataTable
                caption="Open pairs by reason"
                rows={quality.queue}
                rowKey={row => row.why}
                columns={[
                  { name: 'why', label: 'Reason', show: row => WHY_NAMES[row.why] },
                  { name: 'reviews', label: 'Pairs', numeric: true, show: row => count(row.reviews) },
                  {
                    name: 'value_at_stake',
                    label: 'Value at stake',
                    numeric: true,
                    show: row => money(row.value_at_stake, null),
                  },
                  { name: 'oldest', label: 'Oldest', show: row => day(row.oldest) },
                ]}
              />
            ) : (
              <EmptyState title="No open pairs" />
            )}
          </Card>
        </>
      )}
    </QueryState>
  )
}

function Figures({ quality }: { quality: MatchingQuality }) {
  const { precision, last_run } = quality
  return (
    <MetricRow>
      <Metric
        label="Merges that were right"
        value={precision.share === null ? 'Not known yet' : percent(precision.share)}
        note={
          precision.share === null
            ? 'needs decisions'
            : `${count(precision.same)} of ${plural(precision.decided, 'pair')}; likely ${percent(precision.low)} to ${percent(precision.high)}`
        }
      />
      <Metric
        label="Open pairs"
        value={count(quality.open_reviews)}
        note={
          quality.oldest_days === null
            ? 'none'
            : quality.oldest_days
              ? `oldest: ${plural(quality.oldest_days, 'day')}`
              : 'all from today'
        }
      />
      <Metric
        label="Decisions in 30 days"
        value={count(quality.decided.reduce((sum, each) => sum + each.decisions, 0))}
        note={quality.decided
          .map(each => `${count(each.decisions)} ${VERDICT_NAMES[each.verdict].toLowerCase()}`)
          .join(', ')}
      />
      <Metric
        label="Changed by the last comparison"
        value={quality.changed_customers === null ? 'None yet' : plural(quality.changed_customers, 'customer')}
        note={last_run && dateTime(last_run.started_at)}
      />
    </MetricRow>
  )
}
