/** Models and baselines next to each other: one row each, and which value of a metric is the best. */
import type { BacktestRow } from '@/api/shapes'
import { modelName } from '@/features/model/names'
import { METRICS, type MetricName } from './labels'

export type MetricValues = Partial<Record<MetricName, number | null>>

export interface ComparedModel {
  name: string
  /** A baseline gives the same answer for every customer: no model is needed for it. */
  isBaseline: boolean
  values: MetricValues
}

/** Three digits are shown, so two values that look the same are the same. */
export const DIGITS = 3

/** The models of a backtest, then what is reached without any model. `yes` is the task's positive outcome, such as "order". */
export function compareModels(rows: BacktestRow[], yes: string): ComparedModel[] {
  const find = (model: string | undefined, metric: string) =>
    rows.find(row => row.model === model && row.metric === metric)?.value
  const kinds = [...new Set(rows.map(row => row.model))]
  const [any] = kinds
  return [
    ...kinds.map(kind => ({
      name: modelName(kind),
      isBaseline: false,
      values: Object.fromEntries(METRICS.map(({ name }) => [name, find(kind, name)])),
    })),
    {
      name: `Predict “${yes}” for all`,
      isBaseline: true,
      values: { f1: find(any, 'f1_everyone'), precision: find(any, 'base_rate'), recall: 1 },
    },
    {
      name: 'Predict the most common outcome',
      isBaseline: true,
      values: { accuracy: find(any, 'majority_accuracy') },
    },
  ]
}

function rounded(value: number): number {
  return Math.round(value * 10 ** DIGITS) / 10 ** DIGITS
}

/** The best value of each metric over all rows, baselines included, as shown. Metrics without values are absent. */
export function bestValues(rows: ComparedModel[]): Partial<Record<MetricName, number>> {
  return Object.fromEntries(
    METRICS.flatMap(({ name, isHigherBetter }) => {
      const values = rows.flatMap(row => row.values[name] ?? []).map(rounded)
      if (!values.length) return []
      return [[name, isHigherBetter ? Math.max(...values) : Math.min(...values)]]
    }),
  )
}

export function isBest(value: number, best: number | undefined): boolean {
  return best !== undefined && rounded(value) === best
}
