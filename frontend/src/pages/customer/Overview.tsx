import { useQuery } from '@tanstack/react-query'
import { queries } from '@/api/queries'
import type { CountedOrder, Customer } from '@/api/shapes'
import { usePermissions } from '@/api/useSession'
import { Contact } from '@/features/customer/Contact'
import { outcomeLabel } from '@/features/customer/engagement'
import { REASONS_NOTE, Reasons } from '@/features/customer/Reasons'
import { Bars } from '@/ui/charts/Bars'
import { ChartCard } from '@/ui/charts/ChartCard'
import { compact, dateTime, day, lastDay, money, month } from '@/ui/format'
import { Card } from '@/ui/Page'
import { EmptyState, Loading, QueryState } from '@/ui/states'
import css from './Customer.module.css'
import { Completeness } from './GoldenRecord'

export function Overview({ data }: { data: Customer }) {
  const can = usePermissions()
  return (
    <div className={css.columns}>
      <div className={css.column}>
        {data.why_call && (
          <Card title="Why call">
            <p>{data.why_call}</p>
          </Card>
        )}
        <Card title="Chance to order: main factors" note={data.reasons.length > 0 && REASONS_NOTE}>
          <Reasons reasons={data.reasons} />
        </Card>
        {data.scores ? (
          <Purchases data={data} />
        ) : (
          <EmptyState title="No scores yet">
            Scores start with the first product order that is not returned; those of a new or split customer with the
            next update.
          </EmptyState>
        )}
      </div>
      <div className={css.column}>
        <Card title="Contact">
          <Contact customerId={data.customer_id} contact={data.contact} />
        </Card>
        <Completeness data={data} />
        <Card title="Source IDs">
          <dl className={css.records}>
            {data.records.map(record => (
              <div key={`${record.source} ${record.source_key}`}>
                <dt>{record.source}</dt>
                <dd>{record.source_key}</dd>
              </div>
            ))}
          </dl>
        </Card>
        {can('calls.read') && <Calls customerId={data.customer_id} />}
      </div>
    </div>
  )
}

interface Month {
  month: string
  amount: number
  orders: number
}

/** Net revenue by month, from the first order to the last day of the data, including months without orders. */
export function sumByMonth(orders: Pick<CountedOrder, 'day' | 'net_amount'>[], last: string, most = 36): Month[] {
  const first = orders.map(order => order.day).sort()[0]
  if (!first) return []
  const months = new Map<string, Month>()
  for (
    const at = new Date(`${first.slice(0, 7)}-01T12:00:00Z`);
    at.toISOString().slice(0, 7) <= last.slice(0, 7);
    at.setUTCMonth(at.getUTCMonth() + 1)
  ) {
    const key = at.toISOString().slice(0, 7)
    months.set(key, { month: key, amount: 0, orders: 0 })
  }
  for (const order of orders) {
    const entry = months.get(order.day.slice(0, 7))
    if (!entry) continue
    entry.amount += order.net_amount
    entry.orders += 1
  }
  return [...months.values()].slice(-most)
}

function Purchases({ data }: { data: Customer }) {
  const query = useQuery(queries.calculation(data.customer_id))
  const { currency } = data.meta
  return (
    <QueryState query={query} loading={<Loading rows={1} height={320} />}>
      {({ orders }) => {
        const rows = sumByMonth(orders, lastDay(data.meta.as_of))
        return (
          <ChartCard
            title="Purchases by month"
            note={`Net revenue from products, after returns, to ${day(lastDay(data.meta.as_of))}`}
            fileName={`purchases-${data.customer_id}`}
            height={220}
            rows={rows}
            columns={[
              { name: 'month', label: 'Month', show: row => month(row.month) },
              { name: 'orders', label: 'Orders', numeric: true },
              {
                name: 'amount',
                label: 'Net revenue',
                numeric: true,
                show: row => money(row.amount, currency, 'exact'),
              },
            ]}
          >
            <Bars
              rows={rows}
              name={row => month(row.month)}
              value={row => row.amount}
              axis={value => (currency ? money(value, currency, 'short') : compact(value))}
              tips={row => [
                { label: 'Net revenue', value: money(row.amount, currency) },
                { label: 'Orders', value: row.orders },
              ]}
            />
          </ChartCard>
        )
      }}
    </QueryState>
  )
}

function Calls({ customerId }: { customerId: string }) {
  const query = useQuery(queries.calls(customerId))
  return (
    <Card title="Calls">
      <QueryState
        query={query}
        isEmpty={answer => answer.data.length === 0}
        empty={<p className={css.dim}>No calls yet.</p>}
      >
        {answer => (
          <ul className={css.calls}>
            {answer.data.map(call => (
              <li key={call.call_id}>
                <strong>{outcomeLabel(call.outcome)}</strong>
                <span className={css.dim}>
                  {call.caller.name ?? 'Unknown user'}, {dateTime(call.called_at)}
                </span>
                {call.note && <p>{call.note}</p>}
              </li>
            ))}
          </ul>
        )}
      </QueryState>
    </Card>
  )
}
