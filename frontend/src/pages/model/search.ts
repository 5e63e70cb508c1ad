import { oneOf, searchParser, text } from '@/ui/searchParams'

export const TASKS = [
  'purchase',
  'churn',
  'churn_180',
  'lifetime_value',
  'expected_revenue',
  'revenue_forecast',
] as const
export const parseModel = searchParser({ task: oneOf(TASKS), population: text })
