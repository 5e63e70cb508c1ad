import { useQuery } from '@tanstack/react-query'
import { queries } from '@/api/queries'
import type { Axis, Customer, CutPoint } from '@/api/shapes'
import { SegmentBadge } from '@/features/customer/SegmentBadge'
import { Badge } from '@/ui/Badge'
import { DataTable } from '@/ui/DataTable'
import { count, day, money, NO_VALUE, plural } from '@/ui/format'
import { Card } from '@/ui/Page'
import { Loading, QueryState } from '@/ui/states'
import css from './Customer.module.css'

/** Recency, frequency and monetary explained: value, formula, score ranges, and the orders they are computed from. */
export function Calculation({ data }: { data: Customer }) {
  const query = useQuery(queries.calculation(data.customer_id))
  const { currency } = data.meta
  const days = (value: number) => plural(value, 'day')
  const orderCount = (value: number) => plural(value, 'order')
  const amount = (value: number) => money(value, currency)
  return (
    <QueryState query={query} loading={<Loading rows={3} height={140} />}>
      {steps => {
        const total = steps.orders.reduce((sum, order) => sum + order.net_amount, 0)
        const cuts = (axis: CutPoint['axis']) => steps.cut_points.filter(cut => cut.axis === axis)
        return (
          <div className={css.column}>
            <div className={css.axes}>
              <Step name="Recency" of={steps.recency} cuts={cuts('recency_days')} show={days} />
              <Step name="Frequency" of={steps.frequency} cuts={cuts('frequency')} show={orderCount} />
              <Step name="Monetary" of={steps.monetary} cuts={cuts('monetary')} show={amount} />
            </div>
            <Card>
              <p>
                RFM {steps.recency.score}
                {steps.frequency.score}
                {steps.monetary.score} → <SegmentBadge segment={steps.segment} />
              </p>
            </Card>
            <Card
              title="Orders used"
              note={`${plural(steps.orders.length, 'order')}, ${money(total, currency, 'exact')} in total`}
              flush
            >
              <DataTable
                caption="Orders"
                rowKey={order => order.order_id}
                rows={steps.orders}
                columns={[
                  { name: 'day', label: 'Date', show: order => day(order.day) },
                  { name: 'order_key', label: 'Order' },
                  {
                    name: 'is_counted',
                    label: 'Included',
                    show: order =>
                      order.is_counted ? <Badge tone="good">included</Badge> : <Badge>not a product order</Badge>,
                  },
                  { name: 'lines', label: 'Lines', numeric: true, show: order => count(order.lines) },
                  {
                    name: 'net_amount',
                    label: 'Net amount',
                    numeric: true,
                    show: order => money(order.net_amount, currency, 'exact'),
                  },
                ]}
              />
            </Card>
          </div>
        )
      }}
    </QueryState>
  )
}

/** A score can have no customers where many share one value. */
function formatRange(cut: CutPoint, show: (value: number) => string): string {
  if (!cut.customers) return NO_VALUE
  return cut.lowest === cut.highest ? show(cut.lowest) : `${show(cut.lowest)} to ${show(cut.highest)}`
}

/** One axis: its five score ranges, the customer's own highlighted. */
function Step({ name, of, cuts, show }: { name: string; of: Axis; cuts: CutPoint[]; show: (value: number) => string }) {
  return (
    <Card title={name} note={of.formula}>
      <p className={css.stepValue}>
        {show(of.value)} <span className={css.dim}>· score</span> {of.score}
      </p>
      <ol className={css.ranges} aria-label={`${name} score ranges`}>
        {[...cuts]
          .sort((a, b) => a.score - b.score)
          .map(cut => (
            <li
              key={cut.score}
              data-now={cut.score === of.score || undefined}
              aria-current={cut.score === of.score || undefined}
            >
              <strong>{cut.score}</strong>
              <span>{formatRange(cut, show)}</span>
              <span className={css.dim}>{plural(cut.customers, 'customer')}</span>
            </li>
          ))}
      </ol>
    </Card>
  )
}
