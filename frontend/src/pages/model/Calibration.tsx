import { useQuery } from '@tanstack/react-query'
import { queries } from '@/api/queries'
import { ChartCard } from '@/ui/charts/ChartCard'
import { Legend } from '@/ui/charts/Legend'
import { Lines } from '@/ui/charts/Lines'
import { count, percent } from '@/ui/format'
import { Loading, QueryState } from '@/ui/states'

/** Predicted against actual rate by decile; on the dashed line they agree. */
export function Calibration({ modelId }: { modelId: number }) {
  const query = useQuery(queries.calibration(modelId))
  return (
    <QueryState query={query} loading={<Loading rows={1} height={360} />}>
      {({ data }) => {
        const rows = data.map(row => ({ ...row, diagonal: row.predicted })).sort((a, b) => a.predicted - b.predicted)
        return (
          <ChartCard
            title="Calibration: predicted vs actual"
            note="One point per decile of customers; on the dashed line, prediction and outcome agree"
            fileName="calibration"
            rows={rows}
            rowKey={row => row.decile}
            columns={[
              { name: 'decile', label: 'Decile', numeric: true },
              { name: 'predicted', label: 'Predicted', numeric: true, show: row => percent(row.predicted, 1) },
              { name: 'observed', label: 'Actual', numeric: true, show: row => percent(row.observed, 1) },
              { name: 'customers', label: 'Customers', numeric: true, show: row => count(row.customers) },
            ]}
            head={
              <Legend
                of={[
                  { label: 'Actual', colour: 'var(--brand)' },
                  { label: 'Perfect calibration', colour: 'var(--dim)' },
                ]}
              />
            }
          >
            <Lines
              rows={rows}
              x="predicted"
              xNumeric
              xAxis={value => percent(Number(value))}
              axis={value => percent(value)}
              series={[
                { key: 'diagonal', colour: 'var(--dim)', dashed: true },
                { key: 'observed', colour: 'var(--brand)', dots: true },
              ]}
              title={row => `Predicted ${percent(row.predicted)}`}
              tips={row => [
                { label: 'Actual', value: percent(row.observed, 1) },
                { label: 'Customers', value: count(row.customers) },
              ]}
            />
          </ChartCard>
        )
      }}
    </QueryState>
  )
}
