import { useQuery } from '@tanstack/react-query'
import { queries } from '@/api/queries'
import type { Customer } from '@/api/shapes'
import { DataTable } from '@/ui/DataTable'
import { count, day, money, plural } from '@/ui/format'
import { Card } from '@/ui/Page'
import { Overview } from './Overview'

const MOST_ROWS = 12

/** A customer on two sheets of paper: the overview, the latest orders and the products that brought the most. */
export function Printed({ data }: { data: Customer }) {
  const orders = useQuery(queries.orders(data.customer_id)).data
  const products = useQuery(queries.products(data.customer_id)).data
  const { currency } = data.meta
  return (
    <>
      <Overview data={data} />
      {orders && orders.total > 0 && (
        <Card title="Latest orders" note={shownOf(MOST_ROWS, orders.total, 'order')} flush>
          <DataTable
            caption="Latest orders"
            rowKey={row => row.order_id}
            rows={orders.data.slice(0, MOST_ROWS)}
            columns={[
              { name: 'day', label: 'Date', show: row => day(row.day) },
              { name: 'order_key', label: 'Order' },
              { name: 'lines', label: 'Lines', numeric: true, show: row => count(row.lines) },
              {
                name: 'net_amount',
                label: 'Net amount',
                numeric: true,
                show: row => money(row.net_amount, currency, 'exact'),
              },
            ]}
          />
        </Card>
      )}
      {products && products.total > 0 && (
        <Card title="Products bought" note={shownOf(MOST_ROWS, products.total, 'product')} flush>
          <DataTable
            caption="Products bought"
            rowKey={row => row.sku}
            rows={products.data.slice(0, MOST_ROWS)}
            columns={[
              { name: 'sku', label: 'Product' },
              { name: 'product', label: 'Name', wrap: true },
              { name: 'last_day', label: 'Last bought', show: row => day(row.last_day) },
              { name: 'quantity', label: 'Quantity', numeric: true, show: row => count(row.quantity) },
              {
                name: 'amount',
                label: 'Net revenue',
                numeric: true,
                show: row => money(row.amount, currency, 'exact'),
              },
            ]}
          />
        </Card>
      )}
    </>
  )
}

/** "12 of 40 orders" or "8 orders". */
function shownOf(most: number, total: number, one: string): string {
  return total > most ? `${count(most)} of ${plural(total, one)}` : plural(total, one)
}
