import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useSearch } from '@tanstack/react-router'
import { queries } from '@/api/queries'
import type { CustomerRow } from '@/api/shapes'
import { SegmentBadge } from '@/features/customer/SegmentBadge'
import { ProbabilityBar } from '@/features/customer/scores'
import { type Column, DataTable } from '@/ui/DataTable'
import { day, money, percent } from '@/ui/format'
import { Card } from '@/ui/Page'
import { Loading, QueryState } from '@/ui/states'
import type { TodaySearch } from './search'
import css from './Today.module.css'

const SHOWN = 50
const ORDERS = [
  { value: 'probability', label: 'Chance to order' },
  { value: 'value', label: 'Expected revenue' },
] as const

interface Props {
  onOpen: (customer: string) => void
  onPrepare: (customer: string) => void
}

/** The customers most likely to order in the next 30 days, with or without a call: for planning stock. */
export default function Buyers({ onOpen, onPrepare }: Props) {
  const { by = 'probability' } = useSearch({ strict: false }) as TodaySearch
  const query = useInfiniteQuery(queries.customers({ sort: by }))
  const currency = query.data?.pages[0]?.meta.currency
  const columns: Column<CustomerRow>[] = [
    {
      name: 'name',
      label: 'Customer',
      show: row => (
        <button
          type="button"
          className={css.name}
          dir="auto"
          onClick={() => onOpen(row.customer_id)}
          onPointerEnter={() => onPrepare(row.customer_id)}
        >
          {row.name ?? row.customer_id}
        </button>
      ),
    },
    { name: 'segment', label: 'Segment', show: row => <SegmentBadge segment={row.segment} /> },
    {
      name: 'probability',
      label: 'Chance to order (30 days)',
      numeric: true,
      show: row => <ProbabilityBar value={row.probability}>{percent(row.probability)}</ProbabilityBar>,
    },
    {
      name: 'expected_revenue',
      label: 'Expected revenue (30 days)',
      numeric: true,
      show: row => money(row.expected_revenue, currency),
    },
    { name: 'last_purchase_day', label: 'Last order', numeric: true, show: row => day(row.last_purchase_day) },
  ]
  return (
    <Card
      title="Most likely buyers"
      note="For planning stock. They order with or without a call: who needs one is on the call list."
      actions={
        <nav className={css.orders} aria-label="Sort by">
          {ORDERS.map(({ value, label }) => (
            <Link
              key={value}
              to="."
              search={search => ({ ...search, by: value }) as never}
              resetScroll={false}
              aria-current={value === by ? 'true' : undefined}
            >
              {label}
            </Link>
          ))}
        </nav>
      }
    >
      <QueryState query={query} loading={<Loading rows={10} height={40} gap={24} />}>
        {answer => (
          <>
            <DataTable
              caption="Most likely buyers"
              columns={columns}
              rows={(answer.pages[0]?.data ?? []).slice(0, SHOWN)}
              rowKey={row => row.customer_id}
            />
            <p className={css.more}>
              <Link to="/customers" search={{ sort: by }}>
                View all customers in this order
              </Link>
            </p>
          </>
        )}
      </QueryState>
    </Card>
  )
}
