import type { ReactNode } from 'react'
import type { CustomerRow } from '@/api/shapes'
import { SegmentBadge } from '@/features/customer/SegmentBadge'
import { ChurnBadge, ProbabilityBar, RfmScore } from '@/features/customer/scores'
import { count, country, day, money, percent } from '@/ui/format'
import { reverse, type Sort } from './search'

export interface ListColumn {
  name: string
  label: string
  /** What the first click on the column header sorts by; the second reverses it. */
  sort: Sort
  numeric?: boolean
  /** Minimum width in pixels, and share of the remaining width. */
  minWidth: number
  share?: number
  /** Columns with the highest rank are dropped first on a narrow screen. */
  rank: number
  /** Shown only to those who choose it. */
  isExtra?: true
  show: (row: CustomerRow, currency: string | null | undefined) => ReactNode
}

/** The columns after the name, in order; narrow screens drop the least important ones. */
export const COLUMNS: ListColumn[] = [
  {
    name: 'segment',
    label: 'Segment',
    sort: 'segment',
    minWidth: 140,
    share: 0.9,
    rank: 0,
    show: row => <SegmentBadge segment={row.segment} />,
  },
  {
    name: 'probability',
    label: 'Chance to order',
    sort: 'probability',
    numeric: true,
    minWidth: 116,
    rank: 0,
    show: row => <ProbabilityBar value={row.probability}>{percent(row.probability)}</ProbabilityBar>,
  },
  {
    name: 'expected_revenue',
    label: 'Expected revenue (30 days)',
    sort: 'value',
    numeric: true,
    minWidth: 184,
    rank: 0,
    show: (row, currency) => money(row.expected_revenue, currency),
  },
  {
    name: 'owner',
    label: 'Owner',
    sort: 'owner',
    minWidth: 112,
    share: 0.6,
    rank: 4.5,
    show: row => row.owner?.name ?? (row.owner ? 'Another team' : 'Unassigned'),
  },
  {
    name: 'why_call',
    label: 'Why call',
    sort: 'reason',
    minWidth: 240,
    share: 2,
    rank: 8,
    show: row => row.why_call,
  },
  { name: 'rfm_score', label: 'RFM', sort: 'score', minWidth: 84, rank: 1, show: row => <RfmScore {...row} /> },
  {
    name: 'last_purchase_day',
    label: 'Last order',
    sort: 'recency',
    numeric: true,
    minWidth: 96,
    rank: 2,
    show: row => day(row.last_purchase_day),
  },
  {
    name: 'frequency',
    label: 'Orders',
    sort: 'frequency',
    numeric: true,
    minWidth: 64,
    rank: 5,
    show: row => count(row.frequency),
  },
  {
    name: 'monetary',
    label: 'Net revenue',
    sort: 'monetary',
    numeric: true,
    minWidth: 84,
    rank: 3,
    show: (row, currency) => money(row.monetary, currency),
  },
  {
    name: 'churn_state',
    label: 'Churn risk',
    sort: 'risk',
    minWidth: 128,
    rank: 4,
    show: row => <ChurnBadge state={row.churn_state} />,
  },
  {
    name: 'revenue_365d',
    label: 'Last year’s revenue',
    sort: 'last_year',
    numeric: true,
    minWidth: 128,
    rank: 9,
    show: (row, currency) => money(row.revenue_365d, currency),
  },
  {
    name: 'value_12m',
    label: 'Lifetime value',
    sort: 'lifetime',
    numeric: true,
    minWidth: 96,
    rank: 7,
    show: (row, currency) => money(row.value_12m, currency),
  },
  {
    name: 'country',
    label: 'Country',
    sort: 'country',
    minWidth: 112,
    share: 0.6,
    rank: 10,
    isExtra: true,
    show: row => country(row.country),
  },
  {
    name: 'recency_days',
    label: 'Days since last order',
    sort: 'recency',
    numeric: true,
    minWidth: 140,
    rank: 11,
    isExtra: true,
    show: row => count(row.recency_days),
  },
  {
    name: 'expected_order_value',
    label: 'Expected order value',
    sort: 'order_value',
    numeric: true,
    minWidth: 144,
    rank: 12,
    isExtra: true,
    show: (row, currency) => money(row.expected_order_value, currency),
  },
  {
    name: 'churn_90',
    label: 'Churn (90 days)',
    sort: 'churn',
    numeric: true,
    minWidth: 112,
    rank: 13,
    isExtra: true,
    show: row => percent(row.churn_90),
  },
]

/** The columns that a user chose, in their order, or else the usual ones, the least important last to fit. */
function chosenColumns(chosen: readonly string[]): ListColumn[] {
  const found = chosen.flatMap(name => COLUMNS.find(column => column.name === name) ?? [])
  return found.map((column, place) => ({ ...column, rank: place }))
}

/** The column of names, always the first. */
export const NAME = { name: 'name', label: 'Name', sort: 'name' } as const

/** Columns that the first click sorts upwards: texts from A to Z, and days from the latest order on. */
const UPWARDS = ['name', 'segment', 'owner', 'country', 'why_call', 'recency_days']

export const isSortedBy = (column: Pick<ListColumn, 'sort'>, sort: Sort) =>
  sort === column.sort || sort === reverse(column.sort)

/** How the values of a column run down the list; undefined: it is sorted by another column. */
export function directionOf(
  column: Pick<ListColumn, 'name' | 'sort'>,
  sort: Sort,
): 'ascending' | 'descending' | undefined {
  if (!isSortedBy(column, sort)) return undefined
  return (sort === column.sort) === UPWARDS.includes(column.name) ? 'ascending' : 'descending'
}

const BOX_AND_NAME = { minWidth: 36 + 160, share: 1.3 }
const GAP = 12
const PADDING = 24

interface Wanted {
  /** Always among the columns: what the list is sorted by. */
  sort?: Sort | undefined
  /** A column that comes before the others. */
  first?: string | undefined
  /** The columns the user chose, in order; none: the usual ones. */
  chosen?: readonly string[] | undefined
}

/** The columns that fit, and their grid template. Of those that do not, the least important are left out. */
export function layout(
  width: number,
  { sort, first, chosen = [] }: Wanted = {},
): { columns: ListColumn[]; template: string } {
  let left = width - PADDING - BOX_AND_NAME.minWidth - GAP
  const own = chosenColumns(chosen)
  const all = own.length ? own : COLUMNS.filter(column => !column.isExtra)
  const sorted = sort && COLUMNS.find(column => isSortedBy(column, sort))
  if (sorted && !all.some(column => isSortedBy(column, sorted.sort))) all.push(sorted)
  const rank = (column: ListColumn) =>
    sort && isSortedBy(column, sort)
      ? -1
      : column.name === first && !own.length
        ? Math.min(column.rank, 0.5)
        : column.rank
  const fitting = new Set<string>()
  for (const column of [...all].sort((a, b) => rank(a) - rank(b))) {
    left -= column.minWidth + GAP
    if (left < 0 && rank(column) > 0) break
    fitting.add(column.name)
  }
  const columns = all.filter(column => fitting.has(column.name))
  const widths = columns.map(({ minWidth, share }) => (share ? `minmax(${minWidth}px, ${share}fr)` : `${minWidth}px`))
  return { columns, template: `36px minmax(160px, ${BOX_AND_NAME.share}fr) ${widths.join(' ')}` }
}
