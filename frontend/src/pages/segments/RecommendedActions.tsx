import { useMediaQuery } from '@mantine/hooks'
import { Link } from '@tanstack/react-router'
import type { SegmentRow } from '@/api/shapes'
import { OpensCalculation } from '@/features/calculation/Metric'
import { SegmentBadge } from '@/features/customer/SegmentBadge'
import { DataTable } from '@/ui/DataTable'
import { count, money, percent } from '@/ui/format'
import { Card } from '@/ui/Page'
import css from './Segments.module.css'

/** The recommended action for each segment. */
export function RecommendedActions({ rows, currency }: { rows: SegmentRow[]; currency: string | null | undefined }) {
  const isNarrow = useMediaQuery('(max-width: 767px)')
  const address = (row: SegmentRow) => `/api/segments?of=${encodeURIComponent(row.segment)}`
  return (
    <Card title="Recommended actions" flush={!isNarrow}>
      {isNarrow ? (
        <ul className={css.advices}>
          {rows.map(row => (
            <li key={row.segment}>
              <Link to="/customers" search={{ segment: row.segment }} className={css.link}>
                <SegmentBadge segment={row.segment} />
              </Link>
              <span>
                {count(row.customers)}, {money(row.revenue, currency, 'short')}
              </span>
              <p>{row.advice}</p>
            </li>
          ))}
        </ul>
      ) : (
        <DataTable
          caption="Recommended actions by segment"
          rows={rows}
          rowKey={row => row.segment}
          columns={[
            {
              name: 'segment',
              label: 'Segment',
              show: row => (
                <Link to="/customers" search={{ segment: row.segment }} className={css.link}>
                  <SegmentBadge segment={row.segment} />
                </Link>
              ),
            },
            {
              name: 'customers',
              label: 'Customers',
              numeric: true,
              show: row => (
                <OpensCalculation label={`Customers, ${row.segment}`} address={address(row)}>
                  {count(row.customers)}
                </OpensCalculation>
              ),
            },
            { name: 'share', label: 'Share', numeric: true, show: row => percent(row.share) },
            {
              name: 'revenue',
              label: 'Net revenue',
              numeric: true,
              show: row => (
                <OpensCalculation label={`Net revenue, ${row.segment}`} address={address(row)}>
                  {money(row.revenue, currency)}
                </OpensCalculation>
              ),
            },
            {
              name: 'median_recency_days',
              label: 'Median days since last order',
              numeric: true,
              show: row => count(row.median_recency_days),
            },
            { name: 'advice', label: 'Recommended action', wrap: true },
          ]}
        />
      )}
    </Card>
  )
}
