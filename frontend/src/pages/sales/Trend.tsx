import { SegmentedControl } from '@mantine/core'
import '@/ui/theme/dialogs'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { queries } from '@/api/queries'
import { CalculationLink } from '@/features/calculation/Metric'
import { Bars } from '@/ui/charts/Bars'
import { ChartCard } from '@/ui/charts/ChartCard'
import { compact, count, day, money, month } from '@/ui/format'
import { addressWith } from '@/ui/searchParams'
import { Loading, QueryState } from '@/ui/states'
import { TIMES } from './search'

const route = getRouteApi('/shell/sales')
const MOST_BARS = 100

/** Net revenue or orders by month or week. */
export function Trend() {
  const { time = 'month', target = 'revenue', from, to, category } = route.useSearch()
  const navigate = useNavigate({ from: '/sales' })
  const query = useQuery(queries.sales(time, { from, to, category }))
  return (
    <QueryState query={query} loading={<Loading rows={1} height={400} />}>
      {answer => {
        const { currency } = answer.meta
        const rows = answer.data.slice(-MOST_BARS)
        const displayPeriod = time === 'month' ? month : day
        return (
          <ChartCard
            title={target === 'revenue' ? 'Net revenue' : 'Orders'}
            note={
              rows.length < answer.data.length
                ? `The last ${MOST_BARS} of ${count(answer.data.length)} weeks`
                : 'Products sold minus returns'
            }
            actions={
              <CalculationLink label="Sales" address={addressWith('/api/sales', { by: time, from, to, category })} />
            }
            head={
              <SegmentedControl
                aria-label="Months or weeks"
                data={[...TIMES]}
                value={time}
                onChange={value =>
                  void navigate({
                    search: now => ({ ...now, time: value as typeof time }),
                    replace: true,
                    resetScroll: false,
                  })
                }
              />
            }
            fileName={`sales-by-${time}`}
            rows={rows}
            rowKey={row => row.name}
            columns={[
              {
                name: 'name',
                label: time === 'month' ? 'Month' : 'Week starting',
                show: row => displayPeriod(row.name),
              },
              { name: 'revenue', label: 'Net revenue', numeric: true, show: row => money(row.revenue, currency) },
              { name: 'orders', label: 'Orders', numeric: true, show: row => count(row.orders) },
              { name: 'customers', label: 'Customers', numeric: true, show: row => count(row.customers) },
            ]}
          >
            <Bars
              rows={rows}
              name={row => displayPeriod(row.name)}
              value={row => row[target]}
              axis={value => (target === 'revenue' ? money(value, currency, 'short') : compact(value))}
              tips={row => [
                { label: 'Net revenue', value: money(row.revenue, currency) },
                { label: 'Orders', value: count(row.orders) },
                { label: 'Customers', value: count(row.customers) },
              ]}
            />
          </ChartCard>
        )
      }}
    </QueryState>
  )
}
