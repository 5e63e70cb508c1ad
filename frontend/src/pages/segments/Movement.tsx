import { NativeSelect } from '@mantine/core'
import '@/ui/theme/inputs'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { queries } from '@/api/queries'
import { CalculationLink } from '@/features/calculation/Metric'
import { SegmentBadge } from '@/features/customer/SegmentBadge'
import { CustomersLink } from '@/ui/CustomersLink'
import { DataTable } from '@/ui/DataTable'
import { count, day, money, percent } from '@/ui/format'
import { Card } from '@/ui/Page'
import { addressWith } from '@/ui/searchParams'
import { EmptyState, Loading, QueryState } from '@/ui/states'
import css from './Segments.module.css'

const route = getRouteApi('/shell/segments')

/** Customers who changed segment since an earlier update, and how stable each segment is. */
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
        <EmptyState title="No earlier update to compare with" action={<Link to="/runs">View updates</Link>}>
          Movement appears once there is an update with an earlier data date.
        </EmptyState>
      }
    >
      {answer => {
        const moved = answer.data.filter(row => row.from !== row.to)
        return (
          <div className={css.pair}>
            <Card
              title="Movement between segments"
              note={`Since ${day(answer.since?.as_of)}, largest first`}
              actions={
                <>
                  <CalculationLink
                    label="Movement"
                    address={addressWith('/api/segments/movement', { since: answer.since?.run_id })}
                  />
                  {earlier.length > 0 && (
                    <NativeSelect
                      aria-label="Compare with"
                      value={String(since ?? answer.since?.run_id ?? '')}
                      onChange={event =>
                        void navigate({
                          search: now => ({ ...now, since: Number(event.currentTarget.value) }),
                          replace: true,
                          resetScroll: false,
                        })
                      }
                      data={earlier.map(run => ({ value: String(run.run_id), label: `Update of ${day(run.as_of)}` }))}
                    />
                  )}
                </>
              }
              flush
            >
              <DataTable
                caption="Movement between segments"
                rows={moved}
                rowKey={row => `${row.from} ${row.to}`}
                columns={[
                  { name: 'from', label: 'From', show: row => <SegmentBadge segment={row.from} /> },
                  { name: 'to', label: 'To', show: row => <SegmentBadge segment={row.to} /> },
                  {
                    name: 'customers',
                    label: 'Customers',
                    numeric: true,
                    show: row =>
                      row.to === 'no longer' ? (
                        count(row.customers)
                      ) : (
                        <CustomersLink search={{ moved_from: row.from, moved_to: row.to, since: answer.since?.run_id }}>
                          {count(row.customers)}
                        </CustomersLink>
                      ),
                  },
                  {
                    name: 'revenue',
                    label: 'Net revenue',
                    numeric: true,
                    show: row => money(row.revenue, answer.meta.currency),
                  },
                ]}
              />
            </Card>
            <Card title="Segment stability" note="Share of customers still in the same segment" flush>
              <DataTable
                caption="Segment stability"
                rows={answer.stability}
                rowKey={row => row.segment}
                columns={[
                  { name: 'segment', label: 'Earlier segment', show: row => <SegmentBadge segment={row.segment} /> },
                  { name: 'customers', label: 'Customers', numeric: true, show: row => count(row.customers) },
                  {
                    name: 'stayed',
                    label: 'Still in segment',
                    numeric: true,
                    show: row => (
                      <CustomersLink
                        search={{ moved_from: row.segment, moved_to: row.segment, since: answer.since?.run_id }}
                      >
                        {percent(row.stayed)}
                      </CustomersLink>
                    ),
                  },
                ]}
              />
            </Card>
          </div>
        )
      }}
    </QueryState>
  )
}
