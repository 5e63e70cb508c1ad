import { NativeSelect } from '@mantine/core'
import '@/ui/theme/inputs'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { queries } from '@/api/queries'
import { SegmentBadge } from '@/features/customer/SegmentBadge'
import { DataTable } from '@/ui/DataTable'
import { count, day, money, percent } from '@/ui/format'
import { Card } from '@/ui/Page'
import { EmptyState, Loading, QueryState } from '@/ui/states'
import css from './Segments.module.css'

const route = getRouteApi('/shell/segments')

/** Who went from where to where since an earlier run, and how well each label held. */
export function Movement() {
  const { since } = route.useSearch()
  const navigate = useNavigate({ from: '/segments' })
  const query = useQuery(queries.movement(since))
  const runs = useQuery(queries.runs(1, 100))
  const earlier = runs.data?.data.filter(run => run.state === 'superseded') ?? []
  return (
    <QueryState
      query={query}
      loading={<Loading rows={2} height={240} />}
      isEmpty={answer => answer.since === null}
      empty={
        <EmptyState title="Nothing to compare with yet" action={<Link to="/runs">See the runs</Link>}>
          Movement shows once there is a run as of an earlier day.
        </EmptyState>
      }
    >
      {answer => {
        const moved = answer.data.filter(row => row.from !== row.to)
        return (
          <div className={css.pair}>
            <Card
              title="Who moved"
              note={`Since ${day(answer.since?.as_of)}, most customers first`}
              actions={
                earlier.length > 0 && (
                  <NativeSelect
                    aria-label="Compared with"
                    value={String(since ?? answer.since?.run_id ?? '')}
                    onChange={event =>
                      void navigate({
                        search: now => ({ ...now, since: Number(event.currentTarget.value) }),
                        replace: true,
                        resetScroll: false,
                      })
                    }
                    data={earlier.map(run => ({ value: String(run.run_id), label: `as of ${day(run.as_of)}` }))}
                  />
                )
              }
              flush
            >
              <DataTable
                caption="Who moved between segments"
                rows={moved}
                rowKey={row => `${row.from} ${row.to}`}
                columns={[
                  { name: 'from', label: 'From', show: row => <SegmentBadge segment={row.from} /> },
                  { name: 'to', label: 'To', show: row => <SegmentBadge segment={row.to} /> },
                  { name: 'customers', label: 'Customers', numeric: true, show: row => count(row.customers) },
                  {
                    name: 'revenue',
                    label: 'Net revenue',
                    numeric: true,
                    show: row => money(row.revenue, answer.meta.currency),
                  },
                ]}
              />
            </Card>
            <Card title="How well the labels held" note="Of those in a segment then and still scored" flush>
              <DataTable
                caption="Stability of segments"
                rows={answer.stability}
                rowKey={row => row.segment}
                columns={[
                  { name: 'segment', label: 'Segment then', show: row => <SegmentBadge segment={row.segment} /> },
                  { name: 'customers', label: 'Customers', numeric: true, show: row => count(row.customers) },
                  { name: 'stayed', label: 'Still in it', numeric: true, show: row => percent(row.stayed) },
                ]}
              />
            </Card>
          </div>
        )
      }}
    </QueryState>
  )
}
