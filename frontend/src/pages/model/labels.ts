/** What tasks, metrics, customer groups and models are called on this page. */
import type { Task } from '@/api/shapes'
import { humanize } from '@/ui/format'

/** The four outcomes of a task that answers yes or no, and what a call for it finds. */
interface YesNoLabels {
  /** The probability a threshold is set on: "Call customers with a ... of 20% or more". */
  chance: string
  /** The positive outcome as one word. */
  yes: string
  predictedYes: string
  predictedNo: string
  actualYes: string
  actualNo: string
  /** What is found by calling: "35 ... of 60". */
  hits: string
  /** One of them: "3.4 calls per ...". */
  hit: string
  /** What the share of actual yes is a share of: "of customers ...". */
  baseRate: string
}

interface TaskLabels {
  question: string
  yesNo: YesNoLabels | null
}

function churnLabels(days: number): TaskLabels {
  return {
    question: `Will this customer place no order in the next ${days} days?`,
    yesNo: {
      chance: 'churn risk',
      yes: 'churn',
      predictedYes: 'Predicted to churn',
      predictedNo: 'Predicted to stay',
      actualYes: 'Churned',
      actualNo: 'Stayed',
      hits: 'churning customers',
      hit: 'churning customer',
      baseRate: `of customers placed no order in ${days} days`,
    },
  }
}

export const TASK_LABELS: Record<Task, TaskLabels> = {
  purchase: {
    question: 'Will this customer order in the next 30 days?',
    yesNo: {
      chance: 'chance to order',
      yes: 'order',
      predictedYes: 'Predicted order',
      predictedNo: 'Predicted no order',
      actualYes: 'Ordered',
      actualNo: 'Did not order',
      hits: 'buyers',
      hit: 'buyer',
      baseRate: 'of customers ordered within 30 days',
    },
  },
  churn: churnLabels(90),
  churn_180: churnLabels(180),
  lifetime_value: {
    question: 'How much will this customer spend in the next 12 months?',
    yesNo: null,
  },
  expected_revenue: {
    question: 'How much will this customer spend in the next 30 days?',
    yesNo: null,
  },
  revenue_forecast: {
    question: 'How much revenue can you expect in the coming months?',
    yesNo: null,
  },
}

/** One line on what a model is, for readers who have never heard its name. */
const MODEL_EXPLANATIONS: Record<string, string> = {
  lightgbm: 'A machine-learning model that learns from the past behaviour of all customers.',
  bgnbd:
    'A standard statistical model of repeat purchases: it works from how often and how recently a customer ordered.',
  cells:
    'How often customers with as many orders in the last year, and with or without one in the last 90 days, ordered before.',
  blend: 'A machine-learning model and a statistical model of repeat purchases, combined.',
  trading_day_year_on_year: 'Last year’s sales on the same trading days, adjusted to how sales have grown since.',
  lightgbm_poisson:
    'A machine-learning model of how many orders a customer will place, times what an order of theirs is worth.',
  last_year: 'As much per month as over the last year.',
  constant: 'The same amount for every customer.',
  bgnbd_gamma_gamma:
    'Two standard statistical models: one for how often a customer orders, one for how much each order is worth.',
}

const POPULATIONS: Record<string, string> = {
  all: 'All customers',
  active_180d: 'Customers with an order in the last 180 days',
  two_orders_180d: 'Customers with two orders in the last 180 days',
  key_accounts: 'Key accounts',
}

/** The metrics that get a column, best known first; `isHigherBetter` says which end is the good one. */
export const METRICS = [
  { name: 'f1', label: 'F1', help: 'Precision and recall combined', isHigherBetter: true },
  {
    name: 'precision',
    label: 'Precision',
    help: 'Share of the predicted cases that came true',
    isHigherBetter: true,
  },
  { name: 'recall', label: 'Recall', help: 'Share of the actual cases that were predicted', isHigherBetter: true },
  { name: 'accuracy', label: 'Accuracy', help: 'Share of all predictions that were right', isHigherBetter: true },
  { name: 'pr_auc', label: 'PR-AUC', help: 'Quality of the ranking, for rare outcomes', isHigherBetter: true },
  { name: 'roc_auc', label: 'ROC-AUC', help: 'Quality of the ranking, over all customers', isHigherBetter: true },
  {
    name: 'calibration_error',
    label: 'Calibration error',
    help: 'Mean distance between predicted and actual rate',
    isHigherBetter: false,
  },
] as const

export type MetricName = (typeof METRICS)[number]['name']

export const explainModel = (kind: string) => MODEL_EXPLANATIONS[kind] ?? ''
export const populationName = (name: string) => POPULATIONS[name] ?? humanize(name)
/** Metrics of tasks that predict an amount; accuracy is measured in another way for each. */
const AMOUNT_METRICS: Partial<Record<Task, Record<string, string>>> = {
  lifetime_value: {
    accuracy: 'Accuracy of total revenue',
    spearman: 'Rank correlation (Spearman)',
    capture: 'Revenue share of the 10% valued most',
    in_range: 'Customers within the predicted range',
    decile_error: 'Error of the deciles’ totals',
  },
  revenue_forecast: {
    accuracy: 'Accuracy, average of the months',
    expected: 'Forecast, average of the months',
    actual: 'Actual, average of the months',
  },
}

/** What the numbers of a backtest are averages of. */
export const BACKTEST_NOTES: Partial<Record<Task, string>> = {
  lifetime_value: 'Predictions for past periods compared with actual revenue; average over the test dates',
  revenue_forecast: 'Forecasts for past months compared with actual sales; every month has the same weight',
}

export const amountMetricName = (task: Task, name: string) => AMOUNT_METRICS[task]?.[name] ?? metricName(name)
/** Amounts and counts, unlike shares between 0 and 1, are shown without decimals. */
export const isAmount = (name: string) => name === 'expected' || name === 'actual'
export const metricName = (name: string) =>
  (name === 'sure_accuracy' ? 'Accuracy' : METRICS.find(metric => metric.name === name)?.label) ?? humanize(name)
