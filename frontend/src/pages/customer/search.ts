import { integer, oneOf, searchParser } from '@/ui/searchParams'

export const TABS = [
  { value: 'overview', label: 'Overview' },
  { value: 'orders', label: 'Orders' },
  { value: 'rfm', label: 'RFM explained' },
  { value: 'history', label: 'History' },
  { value: 'products', label: 'Products' },
] as const

export const parseCustomer = searchParser({ tab: oneOf(TABS.map(tab => tab.value)), page: integer })
