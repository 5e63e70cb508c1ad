import { useMediaQuery } from '@mantine/hooks'
import { Link } from '@tanstack/react-router'
import type { SegmentRow } from '@/api/shapes'
import { DataTable } from '@/components/DataTable'
import { Asked } from '@/components/Figure'
import { count, many, money, percent } from '@/components/format'
import { Card } from '@/components/Page'
import { SegmentMark } from '@/components/SegmentMark'
import css from './Segments.module.css'

export function WhatToDo({ rows, currency }: { rows: SegmentRow[]; currency: string | null | undefined }) {
  const isNarrow = useMediaQuery('(max-width: 767px)')
  const address = (row: SegmentRow) => `/api/segments?of=${encodeURIComponent(row.segment)}`
  return (
    <Card title="What to do about them" flush={!isNarrow}>
      {isNarrow ? (
        <ul className={css.advices}>
          {rows.map(row => (
            <li key={row.segment}>
              <Link to="/customers" search={{ segment: row.segment }} className={css.link}>
                <SegmentMark segment={row.segment} />
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
          caption="Segments and what to do"
          rows={rows}
          rowKey={row => row.segment}
          columns={[
            {
              name: 'segment',
              label: 'Segment',
              show: row => (
                <Link to="/customers" search={{ segment: row.segment }} className={css.link}>
                  <SegmentMark segment={row.segment} />
                </Link>
              ),
            },
            {
              name: 'customers',
              label: 'Customers',
              numeric: true,
              show: row => (
                <Asked label={`Customers, ${row.segment}`} address={address(row)}>
                  {count(row.customers)}
                </Asked>
              ),
            },
            { name: 'share', label: 'Share', numeric: true, show: row => percent(row.share) },
            {
              name: 'revenue',
              label: 'Net revenue',
              numeric: true,
              show: row => (
                <Asked label={`Net revenue, ${row.segment}`} address={address(row)}>
                  {money(row.revenue, currency)}
                </Asked>
              ),
            },
            {
              name: 'median_recency_days',
              label: 'Half ordered within',
              numeric: true,
              show: row => (row.median_recency_days == null ? '–' : many(row.median_recency_days, 'day')),
            },
            { name: 'advice', label: 'What to do', wrap: true },
          ]}
        />
      )}
    </Card>
  )
}
