/** What the backtest's names are called on a page. */
import type { Task } from '@/api/shapes'
import { plainName } from '@/components/kinds'

export const TASK_NAMES: Record<
  Task,
  { label: string; question: string; event: string; yes: string; no: string; hits: string }
> = {
  purchase: {
    label: 'Purchase',
    question: 'Does this customer order within 30 days?',
    event: 'ordered',
    yes: 'orders',
    no: 'does not order',
    hits: 'sales',
  },
  churn: {
    label: 'Leaving, 90 days',
    question: 'Does this customer order nothing for 90 days?',
    event: 'left',
    yes: 'leaves',
    no: 'stays',
    hits: 'leavers',
  },
  churn_180: {
    label: 'Leaving, 180 days',
    question: 'Does this customer order nothing for 180 days?',
    event: 'left',
    yes: 'leaves',
    no: 'stays',
    hits: 'leavers',
  },
  lifetime_value: {
    label: 'Lifetime value',
    question: 'What does this customer bring in the next 12 months?',
    event: 'spent',
    yes: '',
    no: '',
    hits: '',
  },
  revenue_forecast: {
    label: 'Forecast',
    question: 'What does the shop take in the coming months?',
    event: 'came',
    yes: '',
    no: '',
    hits: '',
  },
}

const POPULATIONS: Record<string, string> = {
  all: 'All customers',
  active_180d: 'Ordered in the last 180 days',
  two_orders_180d: 'Two orders in the last 180 days',
  key_accounts: 'Key accounts',
}

/** The measures worth a column, best known first; `higher` says which end is the good one. */
export const MEASURES = [
  { name: 'f1', label: 'F1', help: 'Precision and recall in one figure', higher: true },
  { name: 'precision', label: 'Precision', help: 'Of those said to, how many did', higher: true },
  { name: 'recall', label: 'Recall', help: 'Of those who did, how many were found', higher: true },
  { name: 'accuracy', label: 'Accuracy', help: 'How often the answer was right', higher: true },
  { name: 'pr_auc', label: 'PR-AUC', help: 'Ranking, where few say yes', higher: true },
  { name: 'roc_auc', label: 'ROC-AUC', help: 'Ranking, over all customers', higher: true },
  { name: 'calibration_error', label: 'Cal. error', help: 'Mean distance of said and happened', higher: false },
] as const

export const populationName = (name: string) => POPULATIONS[name] ?? plainName(name)
export const measureName = (name: string) => MEASURES.find(measure => measure.name === name)?.label ?? plainName(name)
