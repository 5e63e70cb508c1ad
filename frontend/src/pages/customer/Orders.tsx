import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { queries } from '@/api/queries'
import type { Customer, Order } from '@/api/shapes'
import { Badge } from '@/ui/Badge'
import { DataTable } from '@/ui/DataTable'
import { count, day, money, plural } from '@/ui/format'
import { Card } from '@/ui/Page'
import { Pager } from '@/ui/Pager'
import { EmptyState, Loading, QueryState } from '@/ui/states'
import css from './Customer.module.css'

const route = getRouteApi('/shell/customers/$id')
const ORDERS_A_PAGE = 20

export function Orders({ data }: { data: Customer }) {
  const { page = 1 } = route.useSearch()
  const navigate = useNavigate({ from: '/customers/$id' })
  const query = useQuery(queries.orders(data.customer_id, page))
  return (
    <QueryState
      query={query}
      loading={<Loading rows={6} height={52} />}
      isEmpty={answer => answer.total === 0}
      empty={<EmptyState title="No orders yet" />}
    >
      {answer => (
        <>
          <Card title={plural(answer.total, 'order')} note="Newest first. Open an order to see its lines." flush>
            {answer.data.map(order => (
              <OrderDetails key={order.order_id} order={order} currency={answer.meta.currency} />
            ))}
          </Card>
          <Pager
            page={page}
            pages={Math.ceil(answer.total / ORDERS_A_PAGE)}
            onPage={next => void navigate({ search: now => ({ ...now, page: next }) })}
          />
        </>
      )}
    </QueryState>
  )
}

function OrderDetails({ order, currency }: { order: Order; currency: string | null | undefined }) {
  return (
    <details className={css.order}>
      <summary>
        <span>{day(order.day)}</span>
        <span className={css.orderKey}>{order.order_key}</span>
        <span className={css.dim}>{plural(order.lines, 'line')}</span>
        <span>{!order.is_counted && <Badge>not included</Badge>}</span>
        <strong>{money(order.net_amount, currency, 'exact')}</strong>
      </summary>
      <div className={css.lines}>
        <DataTable
          caption={`Lines of order ${order.order_key}`}
          rowKey={line => line.line_no}
          rows={order.items}
          columns={[
            { name: 'sku', label: 'Product' },
            { name: 'product', label: 'Name', wrap: true },
            { name: 'category', label: 'Category', wrap: true },
            { name: 'counts_as', label: 'Type', show: line => line.counts_as.replace('_', ' ') },
            { name: 'quantity', label: 'Quantity', numeric: true, show: line => count(line.quantity) },
            { name: 'amount', label: 'Amount', numeric: true, show: line => money(line.amount, currency, 'exact') },
          ]}
        />
      </div>
    </details>
  )
}
