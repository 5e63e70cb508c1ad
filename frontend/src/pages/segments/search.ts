import type { Distributed } from '@/api/shapes'
import { integer, oneOf, searchParser, text } from '@/ui/searchParams'

export const AXES: { value: Distributed; label: string }[] = [
  { value: 'recency', label: 'Recency' },
  { value: 'frequency', label: 'Frequency' },
  { value: 'monetary', label: 'Monetary' },
  { value: 'probability', label: 'Chance to order' },
]
export const TABS = [
  { value: 'overview', label: 'Overview' },
  { value: 'movement', label: 'Movement' },
  { value: 'rules', label: 'Rules' },
] as const

export const parseSegments = searchParser({
  tab: oneOf(TABS.map(tab => tab.value)),
  axis: oneOf(AXES.map(axis => axis.value)),
  segment: text,
  category: text,
  since: integer,
})
