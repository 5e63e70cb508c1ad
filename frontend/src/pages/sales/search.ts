import { isoDay, oneOf, searchParser, text } from '@/ui/searchParams'

export const TIMES = [
  { value: 'month', label: 'By month' },
  { value: 'week', label: 'By week' },
] as const
export const GROUPS = [
  { value: 'segment', label: 'Segment' },
  { value: 'category', label: 'Category' },
  { value: 'country', label: 'Country' },
] as const
export const REVIEW_GROUPS = [
  { value: 'month', label: 'Month' },
  { value: 'product', label: 'Product' },
  { value: 'segment', label: 'Segment' },
  { value: 'source', label: 'Source' },
] as const
export const TARGETS = [
  { value: 'revenue', label: 'Net revenue' },
  { value: 'orders', label: 'Orders' },
] as const

export const PERIODS = [
  { value: '7d', label: 'Last 7 days' },
  { value: '30d', label: 'Last 30 days' },
  { value: '90d', label: 'Last 90 days' },
  { value: 'month', label: 'This month' },
  { value: 'quarter', label: 'This quarter' },
  { value: 'year_to_date', label: 'Year to date' },
  { value: 'last_year', label: 'Last year' },
] as const
export const COMPARISONS = [
  { value: 'previous', label: 'Previous period' },
  { value: 'last_year', label: 'Same period last year' },
] as const

/** The days and goods of a search, and what they are compared with, as the API asks for them. */
export function filtersOf({ period, from, to, category, compare }: ReturnType<typeof parseSales>) {
  return { ...(period ? { period } : { from, to }), category, compare }
}

/** How the chart is compared: days that are chosen always, all dates only with the year before. */
export function comparisonOf({ period, from, compare }: ReturnType<typeof parseSales>) {
  return COMPARISONS.find(each => each.value === (compare ?? (period || from ? 'previous' : undefined)))
}

export const parseSales = searchParser({
  time: oneOf(TIMES.map(({ value }) => value)),
  group: oneOf(GROUPS.map(({ value }) => value)),
  target: oneOf(TARGETS.map(({ value }) => value)),
  period: oneOf(PERIODS.map(({ value }) => value)),
  compare: oneOf(COMPARISONS.map(({ value }) => value)),
  from: isoDay,
  to: isoDay,
  category: text,
  reviews: oneOf(REVIEW_GROUPS.map(({ value }) => value)),
})
