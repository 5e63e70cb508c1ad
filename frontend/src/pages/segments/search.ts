import type { Distributed } from '@/api/shapes'
import { oneOf, reader, text, whole } from '@/components/search'

export const AXES: { value: Distributed; label: string }[] = [
  { value: 'recency', label: 'Recency' },
  { value: 'frequency', label: 'Frequency' },
  { value: 'monetary', label: 'Monetary' },
  { value: 'probability', label: 'Probability' },
]
export const TABS = [
  { value: 'overview', label: 'Overview' },
  { value: 'movement', label: 'Movement' },
  { value: 'rules', label: 'Rules' },
] as const

export const parseSegments = reader({
  tab: oneOf(TABS.map(tab => tab.value)),
  axis: oneOf(AXES.map(axis => axis.value)),
  segment: text,
  category: text,
  since: whole,
})
