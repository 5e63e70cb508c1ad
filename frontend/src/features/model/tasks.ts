import type { Task } from '@/api/shapes'

/** What each task of the models is called on a page. */
const TASKS: Record<Task, string> = {
  purchase: 'Chance to order (30 days)',
  churn: 'Churn (90 days)',
  churn_180: 'Churn (180 days)',
  lifetime_value: 'Lifetime value (12 months)',
  expected_revenue: 'Expected revenue (30 days)',
  revenue_forecast: 'Revenue forecast',
}

export const taskName = (task: Task) => TASKS[task]
