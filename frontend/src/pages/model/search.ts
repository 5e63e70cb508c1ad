import { oneOf, reader, text } from '@/components/search'

export const TASKS = ['purchase', 'churn', 'churn_180', 'lifetime_value', 'revenue_forecast'] as const
export const parseModel = reader({ task: oneOf(TASKS), population: text })
