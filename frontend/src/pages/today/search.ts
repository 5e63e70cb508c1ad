import { oneOf, type SearchOf, searchParser, text } from '@/ui/searchParams'

export const TABS = [
  { value: 'calls', label: 'Call list' },
  { value: 'buyers', label: 'Most likely buyers' },
] as const

const SHAPE = { open: text, tab: oneOf(TABS.map(tab => tab.value)), by: oneOf(['probability', 'value']) }

export type TodaySearch = SearchOf<typeof SHAPE>
export const parseToday = searchParser(SHAPE)
