import { useQuery } from '@tanstack/react-query'
import { queries } from '@/api/queries'
import type { Customer } from '@/api/shapes'
import { DataTable } from '@/ui/DataTable'
import { count, day, money, plural } from '@/ui/format'
import { Card } from '@/ui/Page'
import { EmptyState, Loading, QueryState } from '@/ui/states'

export function Products({ data }: { data: Customer }) {
  const query = useQuery(queries.products(data.customer_id))
  return (
    <QueryState
      query={query}
      loading={<Loading rows={6} height={40} />}
      isEmpty={answer => answer.total === 0}
      empty={<EmptyState title="No products yet" />}
    >
      {answer => (
        <Card title={plural(answer.total, 'product')} note="Highest net revenue first, after returns" flush>
          <DataTable
            caption="Products bought"
            rowKey={row => row.sku}
            rows={answer.data}
            columns={[
              { name: 'sku', label: 'Product' },
              { name: 'product', label: 'Name', wrap: true },
              { name: 'category', label: 'Category', wrap: true },
              { name: 'last_day', label: 'Last bought', show: row => day(row.last_day) },
              { name: 'orders', label: 'Orders', numeric: true, show: row => count(row.orders) },
              { name: 'quantity', label: 'Quantity', numeric: true, show: row => count(row.quantity) },
              {
                name: 'amount',
                label: 'Net revenue',
                numeric: true,
                show: row => money(row.amount, answer.meta.currency, 'exact'),
              },
            ]}
          />
        </Card>
      )}
    </QueryState>
  )
}
