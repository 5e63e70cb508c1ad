import { integer, isoDay, number, oneOf, searchParser, text } from '@/ui/searchParams'

export const SORTS = ['probability', 'value', 'lifetime', 'risk', 'recency', 'frequency', 'monetary', 'score'] as const
export const CHURN_STATES = ['likely to stay', 'unsure', 'at risk'] as const

/** A user's number, or `unassigned`; the router parses a bare number as one. */
const owner = (value: unknown) => (/^(unassigned|[1-9]\d{0,8})$/.test(String(value)) ? String(value) : undefined)

export const parseCustomers = searchParser({
  q: text,
  segment: text,
  category: text,
  country: text,
  from: isoDay,
  to: isoDay,
  min_probability: number,
  min_value: number,
  state: oneOf(CHURN_STATES),
  owner,
  sort: oneOf(SORTS),
  view: integer,
  open: text,
})

export type CustomersSearch = ReturnType<typeof parseCustomers>

/** The query for the API: the search without the keys only the page uses. */
export function toQuery({ open: _open, view: _view, ...query }: CustomersSearch) {
  return { ...query, sort: query.sort ?? 'probability' }
}
