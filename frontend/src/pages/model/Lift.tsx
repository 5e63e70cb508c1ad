import { useQuery } from '@tanstack/react-query'
import { queries } from '@/api/queries'
import { Bars } from '@/ui/charts/Bars'
import { ChartCard } from '@/ui/charts/ChartCard'
import { Legend } from '@/ui/charts/Legend'
import { decimal, percent } from '@/ui/format'
import { Loading, QueryState } from '@/ui/states'

/** How many times the average rate each decile reaches, the highest predictions first. */
export function Lift({ modelId }: { modelId: number }) {
  const query = useQuery(queries.lift(modelId))
  return (
    <QueryState query={query} loading={<Loading rows={1} height={360} />}>
      {({ data }) => (
        <ChartCard
          title="Lift by decile"
          note="Decile 1 is the 10% of customers with the highest predictions; lift 2 means twice the average rate"
          fileName="lift"
          head={<Legend of={[{ label: 'Lift', colour: 'var(--brand)' }]} />}
          rows={data}
          rowKey={row => row.decile}
          columns={[
            { name: 'decile', label: 'Decile', numeric: true },
            { name: 'lift', label: 'Lift', numeric: true, show: row => decimal(row.lift) },
            { name: 'observed', label: 'Actual rate', numeric: true, show: row => percent(row.observed, 1) },
            {
              name: 'cumulative_gain',
              label: 'Cumulative gain',
              numeric: true,
              show: row => percent(row.cumulative_gain),
            },
          ]}
        >
          <Bars
            rows={data}
            name={row => String(row.decile)}
            title={row => `Decile ${row.decile}`}
            value={row => row.lift ?? 0}
            axis={value => decimal(value, 1)}
            tips={row => [
              { label: 'Lift', value: decimal(row.lift) },
              { label: 'Actual rate', value: percent(row.observed, 1) },
              { label: 'Cumulative gain', value: percent(row.cumulative_gain) },
            ]}
          />
        </ChartCard>
      )}
    </QueryState>
  )
}
