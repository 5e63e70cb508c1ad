import { SegmentedControl } from '@mantine/core'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { api, read } from '@/api/client'
import type { components } from '@/api/schema'
import { colourOf, glyphOf } from '@/features/customer/segments'
import { Bars } from '@/ui/charts/Bars'
import { ChartCard } from '@/ui/charts/ChartCard'
import { count, percent } from '@/ui/format'
import { Card } from '@/ui/Page'
import { EmptyState, Loading, QueryState } from '@/ui/states'
import { REVIEW_GROUPS } from './search'

type Group = components['schemas']['SentimentGroup']
type By = (typeof REVIEW_GROUPS)[number]['value']

const route = getRouteApi('/shell/sales')
const MOST_BARS = 12

const summary = (by: By) =>
  queryOptions({
    queryKey: ['reviews', 'summary', by],
    queryFn: ({ signal }) => read(api.GET('/api/reviews/summary', { params: { query: { by } }, signal })),
  })

/** The share of positive texts among reviews and mentions, with its interval. */
export function Reviews() {
  const { reviews: by = 'month' } = route.useSearch()
  const navigate = useNavigate({ from: '/sales' })
  const query = useQuery(summary(by))
  return (
    <QueryState
      query={query}
      loading={<Loading rows={1} height={320} />}
      isEmpty={answer => answer.data.length === 0}
      empty={
        <Card title="Reviews and mentions">
          <EmptyState title="No reviews yet">
            Load a file of reviews with the command “foresell reviews load”, or connect a source that has them.
          </EmptyState>
        </Card>
      }
    >
      {answer => {
        const named = answer.data.filter(each => each.part !== null)
        const counted = named.filter(each => each.enough).map(flat)
        const rows = by === 'month' ? counted.slice(-24) : counted.slice(0, MOST_BARS)
        const few = named.length - counted.length
        return (
          <ChartCard
            title={`Positive reviews and mentions by ${by}`}
            note={noteOf(rows.length, counted.length, few, answer.least)}
            head={
              <SegmentedControl
                aria-label="Group reviews by"
                data={[...REVIEW_GROUPS]}
                value={by}
                onChange={value =>
                  void navigate({
                    search: now => ({ ...now, reviews: value as By }),
                    replace: true,
                    resetScroll: false,
                  })
                }
              />
            }
            fileName={`reviews-by-${by}`}
            height={by === 'month' ? 240 : 300}
            rows={rows}
            rowKey={row => row.part}
            columns={[
              { name: 'part', label: by.charAt(0).toUpperCase() + by.slice(1) },
              { name: 'n', label: 'Reviews', numeric: true, show: row => count(row.n) },
              { name: 'positive', label: 'Positive', numeric: true, show: row => percent(row.positive) },
              { name: 'low', label: 'At least (95 %)', numeric: true, show: row => percent(row.low) },
              { name: 'high', label: 'At most (95 %)', numeric: true, show: row => percent(row.high) },
              { name: 'negative', label: 'Negative', numeric: true, show: row => percent(row.negative) },
              { name: 'not_sure', label: 'Not sure', numeric: true, show: row => percent(row.not_sure) },
              { name: 'not_analysed', label: 'Not analysed', numeric: true, show: row => percent(row.not_analysed) },
            ]}
          >
            <Bars
              lying={by !== 'month'}
              rows={rows}
              name={row => row.part}
              value={row => row.positive}
              colour={by === 'segment' ? row => colourOf(row.part) : undefined}
              glyph={by === 'segment' ? row => glyphOf(row.part) : undefined}
              axis={value => percent(value)}
              tips={row => [
                { label: 'Positive', value: `${percent(row.positive)} (${percent(row.low)} to ${percent(row.high)})` },
                { label: 'Negative', value: percent(row.negative) },
                { label: 'Not sure', value: percent(row.not_sure) },
                { label: 'Not analysed', value: percent(row.not_analysed) },
                { label: 'Reviews', value: count(row.n) },
              ]}
            />
          </ChartCard>
        )
      }}
    </QueryState>
  )
}

function noteOf(shown: number, counted: number, few: number, least: number): string {
  return [
    'All dates. Share of texts that the model reads as positive, English only',
    shown < counted && `${shown} of ${count(counted)} shown`,
    few > 0 && `${count(few)} with fewer than ${least} reviews left out`,
  ]
    .filter(Boolean)
    .join('. ')
}

/** A group that has enough reviews, as numbers: for the table and its CSV file. */
const flat = ({ part, n, positive, negative, not_sure, not_analysed }: Group) => ({
  part: part ?? '',
  n,
  positive: positive?.share ?? 0,
  low: positive?.low ?? 0,
  high: positive?.high ?? 0,
  negative: negative?.share ?? 0,
  not_sure: not_sure?.share ?? 0,
  not_analysed: not_analysed?.share ?? 0,
})
