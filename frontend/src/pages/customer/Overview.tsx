import { useQuery } from '@tanstack/react-query'
import { ask } from '@/api/questions'
import type { CountedOrder, Customer } from '@/api/shapes'
import { Contact } from '@/components/Contact'
import { Bars } from '@/components/charts/Bars'
import { ChartCard } from '@/components/charts/ChartCard'
import { outcomeLabel } from '@/components/desk'
import { Empty, Faced, Waiting } from '@/components/faces'
import { moment, money, month, short } from '@/components/format'
import { Card } from '@/components/Page'
import { REASONS_NOTE, Reasons } from '@/components/Reasons'
import { useMay } from '@/components/signedIn'
import css from './Customer.module.css'

export function Overview({ data }: { data: Customer }) {
  const may = useMay()
  return (
    <div className={css.columns}>
      <div className={css.column}>
        <Card title="Why this probability" note={data.reasons.length > 0 && REASONS_NOTE}>
          <Reasons reasons={data.reasons} />
        </Card>
        {data.scores ? (
          <Purchases data={data} />
        ) : (
          <Empty title="No counted order yet">Scores begin with the first order of goods that was not sent back.</Empty>
        )}
      </div>
      <div className={css.column}>
        <Card title="Contact">
          <Contact customerId={data.customer_id} contact={data.contact} />
        </Card>
        <Card title="Known as">
          <dl className={css.records}>
            {data.records.map(record => (
              <div key={`${record.source} ${record.source_key}`}>
                <dt>{record.source}</dt>
                <dd>{record.source_key}</dd>
              </div>
            ))}
          </dl>
        </Card>
        {may('calls.read') && <Calls customerId={data.customer_id} />}
      </div>
    </div>
  )
}

interface Month {
  month: string
  amount: number
  orders: number
}

/** Net amounts by month, the empty ones too, from the first order to the last. */
export function byMonth(orders: Pick<CountedOrder, 'day' | 'net_amount'>[], most = 36): Month[] {
  const days = orders.map(order => order.day).sort()
  const [first, last] = [days[0], days.at(-1)]
  if (!first || !last) return []
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
    const found = months.get(order.day.slice(0, 7))
    if (!found) continue
    found.amount += order.net_amount
    found.orders += 1
  }
  return [...months.values()].slice(-most)
}

function Purchases({ data }: { data: Customer }) {
  const query = useQuery(ask.calculation(data.customer_id))
  const { currency } = data.meta
  return (
    <Faced query={query} waiting={<Waiting rows={1} height={320} />}>
      {({ orders }) => {
        const rows = byMonth(orders)
        return (
          <ChartCard
            title="Purchases by month"
            note="Net amount of goods, returns subtracted"
            fileName={`purchases-${data.customer_id}`}
            height={220}
            rows={rows}
            columns={[
              { name: 'month', label: 'Month', show: row => month(row.month) },
              { name: 'orders', label: 'Orders', numeric: true },
              { name: 'amount', label: 'Net amount', numeric: true, show: row => money(row.amount, currency, 'exact') },
            ]}
          >
            <Bars
              rows={rows}
              name={row => month(row.month)}
              value={row => row.amount}
              axis={value => (currency ? money(value, currency, 'short') : short(value))}
              tips={row => [
                { label: 'Net amount', value: money(row.amount, currency) },
                { label: 'Orders', value: row.orders },
              ]}
            />
          </ChartCard>
        )
      }}
    </Faced>
  )
}

function Calls({ customerId }: { customerId: string }) {
  const query = useQuery(ask.calls(customerId))
  return (
    <Card title="Calls">
      <Faced
        query={query}
        isEmpty={answer => answer.data.length === 0}
        empty={<p className={css.dim}>Nobody has called yet.</p>}
      >
        {answer => (
          <ul className={css.calls}>
            {answer.data.map(call => (
              <li key={call.call_id}>
                <strong>{outcomeLabel(call.outcome)}</strong>
                <span className={css.dim}>
                  {call.caller.name ?? 'Somebody'}, {moment(call.called_at)}
                </span>
                {call.note && <p>{call.note}</p>}
              </li>
            ))}
          </ul>
        )}
      </Faced>
    </Card>
  )
}
