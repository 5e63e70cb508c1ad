import { integer, oneOf, searchParser, text } from '@/ui/searchParams'

export const TABS = [
  { value: 'overview', label: 'Overview' },
  { value: 'timeline', label: 'Timeline' },
  { value: 'orders', label: 'Orders' },
  { value: 'rfm', label: 'RFM explained' },
  { value: 'history', label: 'History' },
  { value: 'products', label: 'Products' },
  { value: 'reviews', label: 'Reviews' },
  { value: 'sources', label: 'Sources' },
  { value: 'relations', label: 'Relations' },
] as const

export const parseCustomer = searchParser({ tab: oneOf(TABS.map(tab => tab.value)), page: integer, kind: text })
