import { Link, useNavigate } from '@tanstack/react-router'
import type { SegmentRow } from '@/api/shapes'
import { SegmentBadge } from '@/features/customer/SegmentBadge'
import { colourOf, glyphOf } from '@/features/customer/segments'
import { Bars } from '@/ui/charts/Bars'
import { ChartCard } from '@/ui/charts/ChartCard'
import { Donut } from '@/ui/charts/Donut'
import type { Column } from '@/ui/DataTable'
import { count, money, percent } from '@/ui/format'
import css from './Segments.module.css'

interface Props {
  rows: SegmentRow[]
  currency: string | null | undefined
}

/** Customers (donut) and net revenue (bars) by segment. A click opens the customers. */
export function Shares({ rows, currency }: Props) {
  const navigate = useNavigate()
  const open = (segment: string) => void navigate({ to: '/customers', search: { segment } })
  const total = rows.reduce((sum, row) => sum + row.customers, 0)
  const filled = rows.filter(row => row.customers > 0)
  const columns: Column<SegmentRow>[] = [
    { name: 'segment', label: 'Segment', show: row => <SegmentBadge segment={row.segment} /> },
    { name: 'customers', label: 'Customers', numeric: true, show: row => count(row.customers) },
    { name: 'share', label: 'Share', numeric: true, show: row => percent(row.share, 1) },
    { name: 'revenue', label: 'Net revenue', numeric: true, show: row => money(row.revenue, currency) },
  ]
  return (
    <div className={css.pair}>
      <ChartCard
        title="Customers by segment"
        fileName="customers-by-segment"
        height={320}
        rows={filled}
        columns={columns}
        rowKey={row => row.segment}
      >
        <div className={css.ring}>
          <Donut
            label="Customers by segment"
            slices={filled.map(row => ({
              name: row.segment,
              value: row.customers,
              colour: colourOf(row.segment),
              glyph: glyphOf(row.segment),
            }))}
            middle={count(total)}
            under="customers"
            onPick={open}
          />
          <ul className={css.legend}>
            {filled.map(row => (
              <li key={row.segment}>
                <Link to="/customers" search={{ segment: row.segment }}>
                  <SegmentBadge segment={row.segment} />
                </Link>
                <span>{percent(row.share)}</span>
              </li>
            ))}
          </ul>
        </div>
      </ChartCard>
      <ChartCard
        title="Net revenue by segment"
        fileName="revenue-by-segment"
        height={320}
        rows={filled}
        columns={columns}
        rowKey={row => row.segment}
      >
        <Bars
          lying
          rows={filled}
          name={row => row.segment}
          value={row => row.revenue}
          colour={row => colourOf(row.segment)}
          glyph={row => glyphOf(row.segment)}
          axis={value => money(value, currency, 'short')}
          onPick={row => open(row.segment)}
          tips={row => [
            { label: 'Net revenue', value: money(row.revenue, currency) },
            { label: 'Customers', value: count(row.customers) },
          ]}
        />
      </ChartCard>
    </div>
  )
}
