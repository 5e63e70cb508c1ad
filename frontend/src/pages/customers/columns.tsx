import type { ReactNode } from 'react'
import type { CustomerRow } from '@/api/shapes'
import { SegmentBadge } from '@/features/customer/SegmentBadge'
import { ChurnBadge, ProbabilityBar, RfmScore } from '@/features/customer/scores'
import { asSentence, count, day, money, percent } from '@/ui/format'
import type { CustomersSearch } from './search'

export interface ListColumn {
  name: string
  label: string
  /** What a click on the head sorts by, best first. */
  sort?: NonNullable<CustomersSearch['sort']>
  numeric?: boolean
  /** Its least width in pixels, and its share of what is left over. */
  least: number
  share?: number
  /** Which goes first when the list is narrow: the highest. */
  rank: number
  show: (row: CustomerRow, currency: string | null | undefined) => ReactNode
}

/** The columns after the name, in order; narrow screens drop the ones that matter least. */
export const COLUMNS: ListColumn[] = [
  {
    name: 'segment',
    label: 'Segment',
    least: 140,
    share: 0.9,
    rank: 0,
    show: row => <SegmentBadge segment={row.segment} />,
  },
  {
    name: 'probability',
    label: 'Probability',
    sort: 'probability',
    numeric: true,
    least: 92,
    rank: 0,
    show: row => <ProbabilityBar value={row.probability}>{percent(row.probability)}</ProbabilityBar>,
  },
  {
    name: 'expected_value',
    label: 'Expected',
    sort: 'value',
    numeric: true,
    least: 80,
    rank: 0,
    show: (row, currency) => money(row.expected_value, currency),
  },
  { name: 'reasons', label: 'Why now', least: 240, share: 2, rank: 8, show: row => asSentence(row.reasons[0] ?? '') },
  { name: 'rfm_score', label: 'RFM', sort: 'score', least: 84, rank: 1, show: row => <RfmScore {...row} /> },
  {
    name: 'last_purchase_day',
    label: 'Last order',
    sort: 'recency',
    numeric: true,
    least: 96,
    rank: 2,
    show: row => day(row.last_purchase_day),
  },
  {
    name: 'frequency',
    label: 'Orders',
    sort: 'frequency',
    numeric: true,
    least: 64,
    rank: 5,
    show: row => count(row.frequency),
  },
  {
    name: 'monetary',
    label: 'Spent',
    sort: 'monetary',
    numeric: true,
    least: 84,
    rank: 3,
    show: (row, currency) => money(row.monetary, currency),
  },
  {
    name: 'churn_state',
    label: 'Leaving',
    sort: 'risk',
    least: 128,
    rank: 4,
    show: row => <ChurnBadge state={row.churn_state} />,
  },
  {
    name: 'value_12m',
    label: 'Next 12 mo.',
    sort: 'lifetime',
    numeric: true,
    least: 96,
    rank: 7,
    show: (row, currency) => money(row.value_12m, currency),
  },
]

const BOX_AND_NAME = { least: 36 + 160, share: 1.3 }
const GAP = 12
const PADDING = 24

/** The columns that fit, what is sorted by always among them, and the grid they stand in. */
export function layout(width: number, sort?: ListColumn['sort']): { columns: ListColumn[]; template: string } {
  let left = width - PADDING - BOX_AND_NAME.least - GAP
  const fitting = new Set<ListColumn>()
  const rank = (column: ListColumn) => (sort && column.sort === sort ? 0 : column.rank)
  for (const column of [...COLUMNS].sort((a, b) => rank(a) - rank(b))) {
    left -= column.least + GAP
    if (left >= 0 || rank(column) === 0) fitting.add(column)
    else break
  }
  const columns = COLUMNS.filter(column => fitting.has(column))
  const widths = columns.map(({ least, share }) => (share ? `minmax(${least}px, ${share}fr)` : `${least}px`))
  return { columns, template: `36px minmax(160px, ${BOX_AND_NAME.share}fr) ${widths.join(' ')}` }
}
