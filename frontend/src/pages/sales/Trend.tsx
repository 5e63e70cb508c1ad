import { SegmentedControl } from '@mantine/core'
import '@/ui/theme/dialogs'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { queries } from '@/api/queries'
import type { SalesRow } from '@/api/shapes'
import { CalculationLink } from '@/features/calculation/Metric'
import { NotesButton } from '@/features/chart-notes/NotesButton'
import { placeNotes } from '@/features/chart-notes/notes'
import { CustomersLink } from '@/ui/CustomersLink'
import { Bars, COMPARED } from '@/ui/charts/Bars'
import { ChartCard } from '@/ui/charts/ChartCard'
import { Legend } from '@/ui/charts/Legend'
import { compact, count, day, daysIn, money, month, plural } from '@/ui/format'
import { addressWith } from '@/ui/searchParams'
import { Loading, QueryState } from '@/ui/states'
import { comparisonOf, filtersOf, TIMES } from './search'

const route = getRouteApi('/shell/sales')
const MOST_BARS = 100
/** A bar of which some days are missing. */
const PALE = 'color-mix(in srgb, var(--brand) 45%, var(--card))'

const daysOf = ({ first_day, last_day }: SalesRow) => (first_day && last_day ? daysIn(first_day, last_day) : 0)

/** Net revenue or orders by month or week. */
export function Trend() {
  const search = route.useSearch()
  const { time = 'month', target = 'revenue' } = search
  const filters = filtersOf(search)
  const comparison = comparisonOf(search)
  const navigate = useNavigate({ from: '/sales' })
  const query = useQuery(queries.sales(time, { ...filters, compare: comparison?.value }))
  const notes = useQuery(queries.chartNotes()).data?.data ?? []
  return (
    <QueryState query={query} loading={<Loading rows={1} height={400} />}>
      {answer => {
        const { currency } = answer.meta
        const rows = answer.data.slice(-MOST_BARS)
        const compared = rows.some(row => row.compared != null) && comparison
        const { label, show, before } =
          target === 'revenue'
            ? {
                label: 'Net revenue',
                show: (value?: number | null) => money(value, currency),
                before: 'compared' as const,
              }
            : { label: 'Orders', show: count, before: 'compared_orders' as const }
        const isWhole = rows.every(row => row[before] != null)
        const sum = (name: typeof target | typeof before) =>
          isWhole ? `: ${show(rows.reduce((all, row) => all + (row[name] ?? 0), 0))}` : ''
        const customersOf = (row: SalesRow) => ({
          ordered_from: row.first_day ?? undefined,
          ordered_to: row.last_day ?? undefined,
          category: filters.category,
        })
        const displayPeriod = time === 'month' ? month : day
        return (
          <ChartCard
            title={label}
            note={
              rows.length < answer.data.length
                ? `The last ${MOST_BARS} of ${count(answer.data.length)} weeks`
                : `${target === 'revenue' ? 'Products sold minus returns' : 'Orders in which something was sold'}. Click a bar to see its customers.${!compared && rows.some(row => !row.complete) ? ` Pale: not the whole ${time}` : ''}`
            }
            actions={
              <>
                <NotesButton notes={notes} />
                <CalculationLink label="Sales" address={addressWith('/api/sales', { by: time, ...filters })} />
              </>
            }
            head={
              <>
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
                {compared && (
                  <Legend
                    of={[
                      { label: label + sum(target), colour: 'var(--brand)' },
                      { label: compared.label + sum(before), colour: COMPARED },
                      ...(rows.some(row => !row.complete) ? [{ label: `Not the whole ${time}`, colour: PALE }] : []),
                    ]}
                  />
                )}
              </>
            }
            fileName={`sales-by-${time}`}
            rows={rows}
            rowKey={row => row.name}
            columns={[
              {
                name: 'name',
                label: time === 'month' ? 'Month' : 'Week starting',
                show: row => displayPeriod(row.name) + (row.complete ? '' : ` (${plural(daysOf(row), 'day')})`),
              },
              { name: 'revenue', label: 'Net revenue', numeric: true, show: row => money(row.revenue, currency) },
              ...(compared
                ? [{ name: before, label: compared.label, numeric: true, show: (row: SalesRow) => show(row[before]) }]
                : []),
              { name: 'orders', label: 'Orders', numeric: true, show: row => count(row.orders) },
              {
                name: 'customers',
                label: 'Customers',
                numeric: true,
                show: row => <CustomersLink search={customersOf(row)}>{count(row.customers)}</CustomersLink>,
              },
            ]}
          >
            <Bars
              rows={rows}
              name={row => displayPeriod(row.name)}
              value={row => row[target]}
              compared={compared ? row => row[before] ?? null : undefined}
              colour={row => (row.complete ? 'var(--brand)' : PALE)}
              onPick={row => void navigate({ to: '/customers', search: customersOf(row) as never })}
              notes={placeNotes(notes, rows, displayPeriod)}
              axis={value => (target === 'revenue' ? money(value, currency, 'short') : compact(value))}
              tips={row => [
                ...(row.complete
                  ? []
                  : [{ label: `Not the whole ${time}`, value: `${day(row.first_day)} to ${day(row.last_day)}` }]),
                { label: 'Net revenue', value: money(row.revenue, currency) },
                { label: 'Orders', value: count(row.orders) },
                ...(compared ? [{ label: compared.label, value: show(row[before]) }] : []),
                { label: 'Customers', value: count(row.customers) },
              ]}
            />
          </ChartCard>
        )
      }}
    </QueryState>
  )
}
