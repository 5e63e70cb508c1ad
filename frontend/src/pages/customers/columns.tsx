import type { ReactNode } from 'react'
import type { CustomerRow } from '@/api/shapes'
import { SegmentBadge } from '@/features/customer/SegmentBadge'
import { ChurnBadge, ProbabilityBar, RfmScore } from '@/features/customer/scores'
import { count, day, money, percent } from '@/ui/format'
import type { CustomersSearch } from './search'

export interface ListColumn {
  name: string
  label: string
  /** What a click on the column header sorts by, highest first. */
  sort?: NonNullable<CustomersSearch['sort']>
  numeric?: boolean
  /** Minimum width in pixels, and share of the remaining width. */
  minWidth: number
  share?: number
  /** Columns with the highest rank are dropped first on a narrow screen. */
  rank: number
  show: (row: CustomerRow, currency: string | null | undefined) => ReactNode
}

/** The columns after the name, in order; narrow screens drop the least important ones. */
export const COLUMNS: ListColumn[] = [
  {
    name: 'segment',
    label: 'Segment',
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
    minWidth: 128,
    rank: 0,
    show: (row, currency) => money(row.expected_revenue, currency),
  },
  {
    name: 'owner',
    label: 'Owner',
    minWidth: 112,
    share: 0.6,
    rank: 4.5,
    show: row => row.owner?.name ?? (row.owner ? 'Another team' : 'Unassigned'),
  },
  {
    name: 'why_call',
    label: 'Why call',
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
    name: 'value_12m',
    label: 'Lifetime value',
    sort: 'lifetime',
    numeric: true,
    minWidth: 96,
    rank: 7,
    show: (row, currency) => money(row.value_12m, currency),
  },
]

const BOX_AND_NAME = { minWidth: 36 + 160, share: 1.3 }
const GAP = 12
const PADDING = 24

/** The columns that fit, always including the sorted one and before others `wanted`, and their grid template. */
export function layout(
  width: number,
  sort?: ListColumn['sort'],
  wanted?: string,
): { columns: ListColumn[]; template: string } {
  let left = width - PADDING - BOX_AND_NAME.minWidth - GAP
  const fitting = new Set<ListColumn>()
  const rank = (column: ListColumn) =>
    sort && column.sort === sort ? 0 : column.name === wanted ? Math.min(column.rank, 0.5) : column.rank
  for (const column of [...COLUMNS].sort((a, b) => rank(a) - rank(b))) {
    left -= column.minWidth + GAP
    if (left >= 0 || rank(column) === 0) fitting.add(column)
    else break
  }
  const columns = COLUMNS.filter(column => fitting.has(column))
  const widths = columns.map(({ minWidth, share }) => (share ? `minmax(${minWidth}px, ${share}fr)` : `${minWidth}px`))
  return { columns, template: `36px minmax(160px, ${BOX_AND_NAME.share}fr) ${widths.join(' ')}` }
}
