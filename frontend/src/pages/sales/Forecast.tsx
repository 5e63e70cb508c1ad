import { SegmentedControl } from '@mantine/core'
import '@/ui/theme/dialogs'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { queries } from '@/api/queries'
import type { ExpectedRevenue, ForecastRow, SalesRow } from '@/api/shapes'
import { CalculationLink } from '@/features/calculation/Metric'
import { ChartCard } from '@/ui/charts/ChartCard'
import { Legend } from '@/ui/charts/Legend'
import { Lines } from '@/ui/charts/Lines'
import { asSentence, compact, count, day, money, month, NO_VALUE } from '@/ui/format'
import { Card } from '@/ui/Page'
import { EmptyState, Loading, QueryState } from '@/ui/states'
import { TARGETS } from './search'

const route = getRouteApi('/shell/sales')
const MONTHS_BEFORE = 15
const INTERVAL = '80% interval'

interface Point {
  month: string
  actual: number | null
  forecast: number | null
  band: [number, number] | null
}

/** Past months, then forecast months with their interval; the forecast line starts at the last past month. */
export function toPoints(past: SalesRow[], future: ForecastRow[], target: 'revenue' | 'orders'): Point[] {
  const starts = future[0]?.starts ?? '9999'
  const before = past
    .filter(row => row.name < starts)
    .slice(-MONTHS_BEFORE)
    .map((row): Point => ({ month: row.name, actual: row[target], forecast: null, band: null }))
  const last = before.at(-1)
  if (last && last.actual !== null) Object.assign(last, { forecast: last.actual, band: [last.actual, last.actual] })
  const after = future.map(
    (row): Point => ({
      month: row.starts,
      actual: null,
      forecast: row.expected,
      band: row.low === null || row.high === null ? null : [row.low, row.high],
    }),
  )
  return [...before, ...after]
}

/** The next 30 days as a sum: the forecast is what known, new and anonymous customers are expected to spend. */
export function streams(ahead: ExpectedRevenue, currency: string | null | undefined): string {
  if (ahead.forecast === null) return ''
  const part = (value: number | null) => money(value, currency)
  return `Next 30 days: ${part(ahead.forecast)} forecast = ${part(ahead.known)} known customers + ${part(ahead.new)} new customers + ${part(ahead.anonymous)} anonymous sales.`
}

/** The forecast of the coming months with its interval, after the months before, and how accurate it has been. */
export function Forecast() {
  const { target = 'revenue', category } = route.useSearch()
  const navigate = useNavigate({ from: '/sales' })
  const forecast = useQuery(queries.forecast())
  const past = useQuery(queries.sales('month'))
  return (
    <QueryState query={forecast} loading={<Loading rows={1} height={400} />}>
      {answer => {
        const { currency } = answer.meta
        const future = answer.data.filter(row => row.grain === 'month' && row.target === target)
        const show = (value: number | null) => (target === 'revenue' ? money(value, currency) : count(value))
        const ahead = answer.next_30_days
        if (!future.length && ahead.customers !== null)
          return (
            <Card title="Expected revenue (30 days)">
              <p>
                Your customers are expected to spend <strong>{money(ahead.customers, currency)}</strong> in the 30 days
                from {day(ahead.starts)}. The company forecast is shown to users who see all customers.
              </p>
            </Card>
          )
        if (!future.length)
          return (
            <Card title="Forecast">
              <EmptyState title="No forecast yet">
                A forecast needs several months of sales. The Model page shows what is missing.
              </EmptyState>
            </Card>
          )
        const rows = toPoints(past.data?.data ?? [], future, target)
        const note = [
          streams(ahead, currency),
          answer.accuracy && asSentence(answer.accuracy.sentence),
          ...new Set(future.map(row => row.note).filter(Boolean)),
        ]
          .filter(Boolean)
          .join(' ')
        return (
          <ChartCard
            title={category ? 'Forecast for all categories' : 'Forecast'}
            note={note || 'All sales'}
            actions={<CalculationLink label="Forecast" address="/api/forecast" />}
            head={
              <>
                <SegmentedControl
                  aria-label="Forecast of"
                  data={[...TARGETS]}
                  value={target}
                  onChange={value =>
                    void navigate({
                      search: now => ({ ...now, target: value as typeof target }),
                      replace: true,
                      resetScroll: false,
                    })
                  }
                />
                <Legend
                  of={[
                    { label: 'Actual', colour: 'var(--ink)' },
                    { label: 'Forecast', colour: 'var(--brand)' },
                    {
                      label: INTERVAL,
                      colour: 'color-mix(in srgb, var(--brand) 30%, var(--card))',
                    },
                  ]}
                />
              </>
            }
            fileName={`forecast-${target}`}
            rows={rows}
            rowKey={row => row.month}
            columns={[
              { name: 'month', label: 'Month', show: row => month(row.month) },
              { name: 'actual', label: 'Actual', numeric: true, show: row => show(row.actual) },
              {
                name: 'forecast',
                label: 'Forecast',
                numeric: true,
                show: row => (row.actual === null ? show(row.forecast) : NO_VALUE),
              },
              {
                name: 'band',
                label: INTERVAL,
                numeric: true,
                show: row =>
                  row.actual === null && row.band ? `${show(row.band[0])} to ${show(row.band[1])}` : NO_VALUE,
              },
            ]}
          >
            <Lines
              rows={rows}
              x="month"
              xAxis={month}
              axis={value => (target === 'revenue' ? money(value, currency, 'short') : compact(value))}
              band={{ key: 'band', colour: 'var(--brand)' }}
              series={[
                { key: 'forecast', colour: 'var(--brand)', dashed: true, dots: true },
                { key: 'actual', colour: 'var(--ink)' },
              ]}
              title={row => month(row.month)}
              tips={row =>
                row.actual === null
                  ? [
                      { label: 'Forecast', value: show(row.forecast) },
                      ...(row.band ? [{ label: INTERVAL, value: `${show(row.band[0])} to ${show(row.band[1])}` }] : []),
                    ]
                  : [{ label: 'Actual', value: show(row.actual) }]
              }
            />
          </ChartCard>
        )
      }}
    </QueryState>
  )
}
