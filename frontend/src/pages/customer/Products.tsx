import { useQuery } from '@tanstack/react-query'
import { ask } from '@/api/questions'
import type { Customer } from '@/api/shapes'
import { DataTable } from '@/components/DataTable'
import { Empty, Faced, Waiting } from '@/components/faces'
import { count, day, many, money } from '@/components/format'
import { Card } from '@/components/Page'

export function Products({ data }: { data: Customer }) {
  const query = useQuery(ask.products(data.customer_id))
  return (
    <Faced
      query={query}
      waiting={<Waiting rows={6} height={40} />}
      isEmpty={answer => answer.total === 0}
      empty={<Empty title="No products yet" />}
    >
      {answer => (
        <Card title={many(answer.total, 'product')} note="Most spent first, returns subtracted" flush>
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
                label: 'Net amount',
                numeric: true,
                show: row => money(row.amount, answer.meta.currency, 'exact'),
              },
            ]}
          />
        </Card>
      )}
    </Faced>
  )
}
