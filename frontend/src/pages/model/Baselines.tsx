import type { BacktestRow, Task } from '@/api/shapes'
import { CalculationLink } from '@/features/calculation/Metric'
import { type Column, DataTable } from '@/ui/DataTable'
import { decimal, NO_VALUE } from '@/ui/format'
import { Card } from '@/ui/Page'
import { bestValues, type ComparedModel, compareModels, DIGITS, isBest } from './comparison'
import { METRICS, TASK_LABELS } from './labels'
import css from './Model.module.css'

/** The metrics of every model, and of predictions that need no model. */
export function Baselines({ task, rows, address }: { task: Task; rows: BacktestRow[]; address: string }) {
  const models = compareModels(rows, TASK_LABELS[task].yesNo?.yes ?? 'yes')
  const best = bestValues(models)
  const columns: Column<ComparedModel>[] = [
    {
      name: 'name',
      label: 'Model',
      wrap: true,
      show: model => (model.isBaseline ? <em className={css.baseline}>{model.name}</em> : model.name),
    },
    ...METRICS.map(({ name, label }): Column<ComparedModel> => {
      const show = (model: ComparedModel) => {
        const value = model.values[name]
        if (value == null) return NO_VALUE
        const shown = decimal(value, DIGITS)
        return isBest(value, best[name]) ? <strong>{shown}</strong> : shown
      }
      return { name: 'values', label, numeric: true, show }
    }),
  ]
  return (
    <Card
      title="Compared with baselines"
      note="Average over the test dates; the best value in each column is bold"
      actions={<CalculationLink label="Backtest" address={address} />}
      flush
    >
      <DataTable caption="Models compared with baselines" columns={columns} rows={models} rowKey={row => row.name} />
    </Card>
  )
}
