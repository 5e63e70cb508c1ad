import { integer, number, oneOf, type SearchOf, searchParser, text } from '@/ui/searchParams'

export const TABS = [
  { value: 'queue', label: 'To review' },
  { value: 'decided', label: 'Decided' },
  { value: 'rules', label: 'Values shown' },
  { value: 'quality', label: 'Quality' },
  { value: 'models', label: 'Models and runs' },
] as const

const SHAPE = {
  tab: oneOf(TABS.map(tab => tab.value)),
  why: oneOf(['pair', 'two customers fit', 'conflict', 'too many', 'values changed']),
  pattern: text,
  min_value: number,
  min_days: integer,
  review: integer,
  page: integer,
}

export const parseDuplicates = searchParser(SHAPE)
export type DuplicatesSearch = SearchOf<typeof SHAPE>

export const filtersOf = ({ why, pattern, min_value, min_days }: DuplicatesSearch) => ({
  why,
  pattern,
  min_value,
  min_days,
})
