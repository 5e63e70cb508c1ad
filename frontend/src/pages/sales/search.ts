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
export const TARGETS = [
  { value: 'revenue', label: 'Net revenue' },
  { value: 'orders', label: 'Orders' },
] as const

export const parseSales = searchParser({
  time: oneOf(TIMES.map(({ value }) => value)),
  group: oneOf(GROUPS.map(({ value }) => value)),
  target: oneOf(TARGETS.map(({ value }) => value)),
  from: isoDay,
  to: isoDay,
  category: text,
})
