import type { CustomerRow } from '@/api/shapes'
import { type Column, DataTable } from '@/ui/DataTable'
import { count, plural } from '@/ui/format'
import { layout } from './columns'

/** How wide the list is on paper, in pixels of the screen: what fits decides which columns it has. */
const PAPER_PX = 900

interface Props {
  rows: CustomerRow[]
  total: number
  wanted: Parameters<typeof layout>[1]
  currency: string | null | undefined
}

/** The list on paper: a plain table of the loaded rows, under the filters that chose them. */
export function PrintedList({ rows, total, wanted, currency }: Props) {
  const columns: Column<CustomerRow>[] = [
    { name: 'name', label: 'Name', wrap: true, show: row => row.name ?? row.customer_id },
    ...layout(PAPER_PX, wanted).columns.map(column => ({
      name: column.name as keyof CustomerRow & string,
      label: column.label,
      numeric: column.numeric,
      wrap: true,
      show: (row: CustomerRow) => column.show(row, currency),
    })),
  ]
  return (
    <>
      {rows.length < total && (
        <p>
          The first {count(rows.length)} of {plural(total, 'customer')}. The Print button prints all of them.
        </p>
      )}
      <DataTable caption="Customers" columns={columns} rows={rows} rowKey={row => row.customer_id} />
    </>
  )
}
