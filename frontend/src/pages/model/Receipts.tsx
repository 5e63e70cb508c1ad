import { useQuery } from '@tanstack/react-query'
import { ask } from '@/api/questions'
import type { Task } from '@/api/shapes'
import { ChartCard } from '@/components/charts/ChartCard'
import { Legend } from '@/components/charts/Legend'
import { Lines } from '@/components/charts/Lines'
import { Empty, Faced, Waiting } from '@/components/faces'
import { count, day, money, percent } from '@/components/format'
import { Card } from '@/components/Page'

/** Promises whose time has come: what each run said, what came. */
export function Receipts({ task }: { task: Task }) {
  const query = useQuery(ask.receipts())
  return (
    <Faced query={query} waiting={<Waiting rows={1} height={300} />}>
      {answer => {
        const rows = answer.data
          .filter(row => row.task === task && row.grouping === 'all')
          .sort((a, b) => a.as_of.localeCompare(b.as_of))
        const show = (value: number) =>
          task === 'lifetime_value' ? money(value, answer.meta.currency) : percent(value, 1)
        if (!rows.length)
          return (
            <Card title="Receipts">
              <Empty title="No promise has come due yet">
                What every run says is kept, and graded here when its time is over. To replay the past now: foresell
                backfill.
              </Empty>
            </Card>
          )
        return (
          <ChartCard
            title="Receipts: said and came, run by run"
            note="Promises are graded when their window has closed"
            fileName={`receipts-${task}`}
            height={220}
            rows={rows}
            rowKey={row => row.run_id}
            columns={[
              { name: 'as_of', label: 'As of', show: row => day(row.as_of) },
              { name: 'customers', label: 'Customers', numeric: true, show: row => count(row.customers) },
              { name: 'said', label: 'Said', numeric: true, show: row => show(row.said) },
              { name: 'happened', label: 'Came', numeric: true, show: row => show(row.happened) },
            ]}
            head={
              <Legend
                of={[
                  { label: 'came', colour: 'var(--brand)' },
                  { label: 'said', colour: 'var(--dim)' },
                ]}
              />
            }
          >
            <Lines
              rows={rows}
              x="as_of"
              xAxis={day}
              axis={value => (task === 'lifetime_value' ? money(value, answer.meta.currency, 'short') : percent(value))}
              series={[
                { key: 'said', colour: 'var(--dim)', dashed: true, dots: true },
                { key: 'happened', colour: 'var(--brand)', dots: true },
              ]}
              title={row => day(row.as_of)}
              tips={row => [
                { label: 'Said', value: show(row.said) },
                { label: 'Came', value: show(row.happened) },
                { label: 'Customers', value: count(row.customers) },
              ]}
            />
          </ChartCard>
        )
      }}
    </Faced>
  )
}
