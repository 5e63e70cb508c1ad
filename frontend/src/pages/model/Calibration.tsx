import { useQuery } from '@tanstack/react-query'
import { ask } from '@/api/questions'
import type { Task } from '@/api/shapes'
import { Bars } from '@/components/charts/Bars'
import { ChartCard } from '@/components/charts/ChartCard'
import { Legend } from '@/components/charts/Legend'
import { Lines } from '@/components/charts/Lines'
import { Faced, Waiting } from '@/components/faces'
import { count, decimal, percent } from '@/components/format'
import { TASK_NAMES } from './words'

/** What was said against what happened; on the dashed line every promise is kept. */
export function Calibration({ modelId }: { modelId: number }) {
  const query = useQuery(ask.calibration(modelId))
  return (
    <Faced query={query} waiting={<Waiting rows={1} height={360} />}>
      {({ data }) => {
        const rows = data.map(row => ({ ...row, kept: row.said })).sort((a, b) => a.said - b.said)
        return (
          <ChartCard
            title="Do the probabilities come true?"
            note="Each tenth of the customers: what was said, what happened"
            fileName="calibration"
            rows={rows}
            rowKey={row => row.group}
            columns={[
              { name: 'group', label: 'Tenth', numeric: true },
              { name: 'said', label: 'Said', numeric: true, show: row => percent(row.said, 1) },
              { name: 'happened', label: 'Happened', numeric: true, show: row => percent(row.happened, 1) },
              { name: 'customers', label: 'Customers', numeric: true, show: row => count(row.customers) },
            ]}
            head={
              <Legend
                of={[
                  { label: 'what happened', colour: 'var(--brand)' },
                  { label: 'as said', colour: 'var(--dim)' },
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
                { key: 'kept', colour: 'var(--dim)', dashed: true },
                { key: 'happened', colour: 'var(--brand)', dots: true },
              ]}
              title={row => `said ${percent(row.said)}`}
              tips={row => [
                { label: 'Happened', value: percent(row.happened, 1) },
                { label: 'Customers', value: count(row.customers) },
              ]}
            />
          </ChartCard>
        )
      }}
    </Faced>
  )
}

/** How many times more often than on average, tenth by tenth. */
export function Lift({ modelId, task }: { modelId: number; task: Task }) {
  const query = useQuery(ask.lift(modelId))
  return (
    <Faced query={query} waiting={<Waiting rows={1} height={360} />}>
      {({ data }) => (
        <ChartCard
          title="How much better than anybody?"
          note={`Lift: how many times more often than on average a tenth ${TASK_NAMES[task].event}`}
          fileName="lift"
          head={<Legend of={[{ label: 'times the average', colour: 'var(--brand)' }]} />}
          rows={data}
          rowKey={row => row.decile}
          columns={[
            { name: 'decile', label: 'Tenth', numeric: true },
            { name: 'lift', label: 'Lift', numeric: true, show: row => decimal(row.lift) },
            { name: 'happened', label: 'Happened', numeric: true, show: row => percent(row.happened, 1) },
            { name: 'captured', label: 'Found so far', numeric: true, show: row => percent(row.captured) },
          ]}
        >
          <Bars
            rows={data}
            name={row => String(row.decile)}
            title={row => `Tenth ${row.decile}`}
            value={row => row.lift ?? 0}
            axis={value => decimal(value, 1)}
            tips={row => [
              { label: 'Lift', value: decimal(row.lift) },
              { label: 'Happened', value: percent(row.happened, 1) },
              { label: 'Found so far', value: percent(row.captured) },
            ]}
          />
        </ChartCard>
      )}
    </Faced>
  )
}
