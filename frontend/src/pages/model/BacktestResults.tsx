import type { BacktestRow, Confusion, Task } from '@/api/shapes'
import { CalculationLink, Metric, MetricRow } from '@/features/calculation/Metric'
import { modelName } from '@/features/model/names'
import { type Column, DataTable } from '@/ui/DataTable'
import { count, decimal, percent } from '@/ui/format'
import { Card } from '@/ui/Page'
import { Baselines } from './Baselines'
import { ConfusionMatrix } from './ConfusionMatrix'
import { DIGITS } from './comparison'
import { amountMetricName, BACKTEST_NOTES, isAmount, METRICS, TASK_LABELS } from './labels'
import css from './Model.module.css'

interface Props {
  task: Task
  modelId: number
  /** The model in use, one of those compared. */
  kind: string | null
  rows: BacktestRow[]
  confusion: Confusion | null
}

/** The metrics of the model in use, its confusion matrix, and the comparison with baselines. */
export function BacktestResults({ task, modelId, kind, rows, confusion }: Props) {
  const population = rows[0]?.population ?? 'all'
  const inUse = rows.find(row => row.model === kind)?.model ?? rows[0]?.model
  const find = (metric: string) => rows.find(row => row.model === inUse && row.metric === metric)
  const address = `/api/models/${modelId}/backtests?population=${encodeURIComponent(population)}`
  if (!find('f1')) return <AllMetrics task={task} rows={rows} address={address} />
  return (
    <>
      <MetricRow>
        {METRICS.slice(0, 4).map(({ name, label, help }) => {
          const row = find(name)
          return (
            <Metric
              key={name}
              label={label}
              value={decimal(row?.value)}
              note={[help, confidenceInterval(row)].filter(Boolean).join('. ')}
              address={address}
            />
          )
        })}
        <Metric
          label="Base rate"
          value={percent(find('base_rate')?.value)}
          note={TASK_LABELS[task].yesNo?.baseRate}
          address={address}
        />
      </MetricRow>
      <div className={css.results}>
        {confusion && <ConfusionMatrix task={task} confusion={confusion} />}
        <Baselines task={task} rows={rows} address={address} />
      </div>
    </>
  )
}

const CONFIDENCE = 0.95

function confidenceInterval(row: BacktestRow | undefined): string {
  if (row?.low == null || row.high == null) return ''
  return `${percent(CONFIDENCE)} confidence interval: ${decimal(row.low)} to ${decimal(row.high)}`
}

/** Tasks that predict an amount: every metric as it is. */
function AllMetrics({ task, rows, address }: { task: Task; rows: BacktestRow[]; address: string }) {
  const show = (row: BacktestRow, value: number | null) =>
    isAmount(row.metric) ? count(value) : decimal(value, DIGITS)
  return (
    <Card
      title="Backtest"
      note={BACKTEST_NOTES[task]}
      actions={<CalculationLink label="Backtest" address={address} />}
      flush
    >
      <DataTable
        caption="Backtest"
        rows={rows}
        rowKey={row => row.model + row.metric}
        columns={[
          { name: 'model', label: 'Model', show: row => modelName(row.model) },
          { name: 'metric', label: 'Metric', show: row => amountMetricName(task, row.metric) },
          { name: 'value', label: 'Value', numeric: true, show: row => show(row, row.value) },
          ...(rows.some(row => row.low != null)
            ? ([
                { name: 'low', label: 'From', numeric: true, show: row => show(row, row.low) },
                { name: 'high', label: 'To', numeric: true, show: row => show(row, row.high) },
              ] satisfies Column<BacktestRow>[])
            : []),
        ]}
      />
    </Card>
  )
}
