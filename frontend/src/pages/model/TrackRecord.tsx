import { useQuery } from '@tanstack/react-query'
import { queries } from '@/api/queries'
import type { Task } from '@/api/shapes'
import { ChartCard } from '@/ui/charts/ChartCard'
import { Legend } from '@/ui/charts/Legend'
import { Lines } from '@/ui/charts/Lines'
import { count, day, money, percent } from '@/ui/format'
import { Card } from '@/ui/Page'
import { EmptyState, Loading, QueryState } from '@/ui/states'

const MONEY_TASKS = new Set<string>(['lifetime_value', 'expected_revenue'])

/** Predictions whose period has ended, compared with what customers did: one row per run. */
export function TrackRecord({ task }: { task: Task }) {
  const query = useQuery(queries.outcomes())
  return (
    <QueryState query={query} loading={<Loading rows={1} height={300} />}>
      {answer => {
        const rows = answer.data
          .filter(row => row.task === task && row.grouping === 'all')
          .sort((a, b) => a.as_of.localeCompare(b.as_of))
        const show = (value: number) => (MONEY_TASKS.has(task) ? money(value, answer.meta.currency) : percent(value, 1))
        if (!rows.length)
          return (
            <Card title="Track record">
              <EmptyState title="No prediction period has ended yet">
                Each update keeps its predictions. When their period has ended, they are compared here with what
                customers did.
              </EmptyState>
            </Card>
          )
        return (
          <ChartCard
            title="Track record: predicted vs actual"
            note="One point per update whose prediction period has ended"
            fileName={`track-record-${task}`}
            height={220}
            rows={rows}
            rowKey={row => row.run_id}
            columns={[
              { name: 'as_of', label: 'As of', show: row => day(row.as_of) },
              { name: 'customers', label: 'Customers', numeric: true, show: row => count(row.customers) },
              { name: 'predicted', label: 'Predicted', numeric: true, show: row => show(row.predicted) },
              { name: 'observed', label: 'Actual', numeric: true, show: row => show(row.observed) },
            ]}
            head={
              <Legend
                of={[
                  { label: 'Actual', colour: 'var(--brand)' },
                  { label: 'Predicted', colour: 'var(--dim)' },
                ]}
              />
            }
          >
            <Lines
              rows={rows}
              x="as_of"
              xAxis={day}
              axis={value => (MONEY_TASKS.has(task) ? money(value, answer.meta.currency, 'short') : percent(value))}
              series={[
                { key: 'predicted', colour: 'var(--dim)', dashed: true, dots: true },
                { key: 'observed', colour: 'var(--brand)', dots: true },
              ]}
              title={row => day(row.as_of)}
              tips={row => [
                { label: 'Predicted', value: show(row.predicted) },
                { label: 'Actual', value: show(row.observed) },
                { label: 'Customers', value: count(row.customers) },
              ]}
            />
          </ChartCard>
        )
      }}
    </QueryState>
  )
}
