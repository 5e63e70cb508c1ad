import { integer, isoDay, number, oneOf, searchParser, text } from '@/ui/searchParams'

/** The orders of the list, best first, texts from A to Z; each also the other way round. */
const BEST_FIRST = [
  'probability',
  'value',
  'lifetime',
  'risk',
  'recency',
  'frequency',
  'monetary',
  'last_year',
  'score',
  'churn',
  'order_value',
  'value_at_risk',
  'segment',
  'name',
  'owner',
  'country',
  'reason',
] as const
type BestFirst = (typeof BEST_FIRST)[number]
export type Sort = BestFirst | `${BestFirst}_reversed`
const REVERSED = '_reversed'
const SORTS: readonly Sort[] = BEST_FIRST.flatMap(sort => [sort, `${sort}${REVERSED}` as const])

/** The same order the other way round. */
export const reverse = (sort: Sort): Sort =>
  (sort.endsWith(REVERSED) ? sort.slice(0, -REVERSED.length) : `${sort}${REVERSED}`) as Sort

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
  below_probability: number,
  r: integer,
  f: integer,
  min_recency: number,
  below_recency: number,
  min_orders: number,
  below_orders: number,
  min_revenue: number,
  below_revenue: number,
  ordered_from: isoDay,
  ordered_to: isoDay,
  moved_from: text,
  moved_to: text,
  since: integer,
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
