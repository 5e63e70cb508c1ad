import { NativeSelect } from '@mantine/core'
import '@/components/theme/inputs'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { ask } from '@/api/questions'
import { DataTable } from '@/components/DataTable'
import { Empty, Faced, Waiting } from '@/components/faces'
import { count, day, money, percent } from '@/components/format'
import { Card } from '@/components/Page'
import { SegmentMark } from '@/components/SegmentMark'
import css from './Segments.module.css'

const route = getRouteApi('/shell/segments')

/** Who went from where to where since an earlier run, and how well each label held. */
export function Movement() {
  const { since } = route.useSearch()
  const navigate = useNavigate({ from: '/segments' })
  const query = useQuery(ask.movement(since))
  const runs = useQuery(ask.runs(1, 100))
  const earlier = runs.data?.data.filter(run => run.state === 'superseded') ?? []
  return (
    <Faced
      query={query}
      waiting={<Waiting rows={2} height={240} />}
      isEmpty={answer => answer.since === null}
      empty={
        <Empty title="Nothing to compare with yet" action={<Link to="/runs">See the runs</Link>}>
          Movement shows once there is a run as of an earlier day.
        </Empty>
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
                  { name: 'from', label: 'From', show: row => <SegmentMark segment={row.from} /> },
                  { name: 'to', label: 'To', show: row => <SegmentMark segment={row.to} /> },
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
                  { name: 'segment', label: 'Segment then', show: row => <SegmentMark segment={row.segment} /> },
                  { name: 'customers', label: 'Customers', numeric: true, show: row => count(row.customers) },
                  { name: 'stayed', label: 'Still in it', numeric: true, show: row => percent(row.stayed) },
                ]}
              />
            </Card>
          </div>
        )
      }}
    </Faced>
  )
}
