/** What importing a file would bring, in a sentence. */
import type { Found } from '@/api/shapes'
import { count, money, plural } from '@/ui/format'

const SENTENCES: Record<Found['money'][number]['status'], (orders: number) => string> = {
  completed: orders => plural(orders, 'order'),
  returned: orders => `${plural(orders, 'order')} returned`,
  cancelled: orders => `${plural(orders, 'order')} left out as cancelled`,
}

/** "6 orders, £125.00; 1 order left out as cancelled, £30.00": by what counts, and by currency. */
export function sayMoney(found: Found['money']): string {
  const parts = (['completed', 'returned', 'cancelled'] as const).flatMap(status =>
    found.filter(part => part.status === status).map(part => `${SENTENCES[status](part.orders)}, ${amountOf(part)}`),
  )
  return parts.join('; ')
}

function amountOf({ amount, currency }: Found['money'][number]): string {
  return currency && !/^[A-Za-z]{3}$/.test(currency)
    ? `${money(amount, null, 'exact')} ${currency}`
    : money(amount, currency, 'exact')
}

/** The rows that are no lines of orders. */
export function countLeftOut(found: Pick<Found, 'left_out'>): number {
  return found.left_out.reduce((sum, each) => sum + each.rows, 0)
}

/** "3, 8, 12 and 9 more". */
export function sayLines({ lines, rows }: Found['left_out'][number]): string {
  const more = rows - lines.length
  return lines.map(count).join(', ') + (more > 0 ? ` and ${count(more)} more` : '')
}

const MOST_NAMED = 12

/** The columns that nothing is taken from: "A, B, C and 20 more"; '' where there are none. */
export function nameUnused(found: Pick<Found, 'columns'>, used: (header: string) => boolean): string {
  const unused = found.columns.map(column => column.header).filter(header => !used(header))
  const more = unused.length - MOST_NAMED
  return unused.slice(0, MOST_NAMED).join(', ') + (more > 0 ? ` and ${count(more)} more` : '')
}
