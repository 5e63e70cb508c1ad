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
        const rows = data.map(row => ({ ...row, diagonal: row.said })).sort((a, b) => a.said - b.said)
        return (
          <ChartCard
            title="Calibration: predicted vs actual"
            note="One point per decile of customers; on the dashed line, prediction and outcome agree"
            fileName="calibration"
            rows={rows}
            rowKey={row => row.group}
            columns={[
              { name: 'group', label: 'Decile', numeric: true },
              { name: 'said', label: 'Predicted', numeric: true, show: row => percent(row.said, 1) },
              { name: 'happened', label: 'Actual', numeric: true, show: row => percent(row.happened, 1) },
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
              x="said"
              xNumeric
              xAxis={value => percent(Number(value))}
              axis={value => percent(value)}
              series={[
                { key: 'diagonal', colour: 'var(--dim)', dashed: true },
                { key: 'happened', colour: 'var(--brand)', dots: true },
              ]}
              title={row => `Predicted ${percent(row.said)}`}
              tips={row => [
                { label: 'Actual', value: percent(row.happened, 1) },
                { label: 'Customers', value: count(row.customers) },
              ]}
            />
          </ChartCard>
        )
      }}
    </QueryState>
  )
}
