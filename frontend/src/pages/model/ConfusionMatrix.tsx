import type { Confusion, Task } from '@/api/shapes'
import { count, percent } from '@/ui/format'
import { Card } from '@/ui/Page'
import { TASK_LABELS } from './labels'
import css from './Model.module.css'

/** Predicted against actual: four groups of customers, as counts and shares. */
export function ConfusionMatrix({ task, confusion }: { task: Task; confusion: Confusion }) {
  const labels = TASK_LABELS[task].yesNo
  if (!labels) return null
  const total = Object.values(confusion).reduce((sum, value) => sum + value, 0)
  const cell = (value: number, meaning: string, isRight: boolean) => (
    <td data-right={isRight}>
      <strong>{count(value)}</strong>
      <span>
        <span aria-hidden>{isRight ? '✓' : '✕'}</span> {meaning}, {percent(value / total)}
      </span>
    </td>
  )
  return (
    <Card title="Confusion matrix (predicted vs actual)" note="Customers, average over the test dates">
      <table className={css.matrix}>
        <caption className="only-read">Confusion matrix: rows are predicted, columns are actual outcomes</caption>
        <thead>
          <tr>
            <td />
            <th scope="col">{labels.actualYes}</th>
            <th scope="col">{labels.actualNo}</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">{labels.predictedYes}</th>
            {cell(confusion.true_positive, 'correct', true)}
            {cell(confusion.false_positive, 'false alarm', false)}
          </tr>
          <tr>
            <th scope="row">{labels.predictedNo}</th>
            {cell(confusion.false_negative, 'missed', false)}
            {cell(confusion.true_negative, 'correct', true)}
          </tr>
        </tbody>
      </table>
    </Card>
  )
}
