import { SegmentedControl } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { queries } from '@/api/queries'
import type { SalesRow } from '@/api/shapes'
import { CalculationLink } from '@/features/calculation/Metric'
import { colourOf, glyphOf } from '@/features/customer/segments'
import { CustomersLink } from '@/ui/CustomersLink'
import { Bars } from '@/ui/charts/Bars'
import { ChartCard } from '@/ui/charts/ChartCard'
import { count, country, money } from '@/ui/format'
import { addressWith } from '@/ui/searchParams'
import { Loading, QueryState } from '@/ui/states'
import { COMPARISONS, filtersOf, GROUPS } from './search'

const route = getRouteApi('/shell/sales')
const MOST_BARS = 12
/** Names that no customer of the list has. */
const WITHOUT_CUSTOMERS = ['Anonymous', 'Not scored', 'Unknown']

/** Net revenue by segment, category or country of the customer. */
export function Breakdown() {
  const all = route.useSearch()
  const { group = 'segment', category } = all
  const navigate = useNavigate({ from: '/sales' })
  // Grouped by category, all categories are shown, even when the rest of the page is filtered to one.
  const search = group === 'category' ? { ...filtersOf(all), category: undefined } : filtersOf(all)
  const isCompared = search.compare !== undefined
  const query = useQuery(queries.sales(group, search))
  const kpis = useQuery(queries.kpis(filtersOf(all)))
  const period = kpis.data?.data.find(kpi => kpi.first_day)
  const isFiltered = Boolean(all.period || all.from || all.to)
  const customersOf = (name: string) => ({
    ...(isFiltered ? { ordered_from: period?.first_day ?? undefined, ordered_to: period?.last_day ?? undefined } : {}),
    category,
    [group]: name,
  })
  const open = (name: string) => {
    if (!WITHOUT_CUSTOMERS.includes(name)) void navigate({ to: '/customers', search: customersOf(name) as never })
  }
  const displayName = (name: string) => (group === 'country' ? country(name) : name)
  return (
    <QueryState query={query} loading={<Loading rows={1} height={420} />}>
      {answer => {
        const { currency } = answer.meta
        const rows = answer.data.slice(0, MOST_BARS)
        return (
          <ChartCard
            title={`Net revenue by ${group}`}
            note={
              rows.length < answer.data.length
                ? `Top ${MOST_BARS} of ${count(answer.data.length)}. Click a bar to see its customers`
                : 'Click a bar to see its customers'
            }
            actions={<CalculationLink label="Sales" address={addressWith('/api/sales', { by: group, ...search })} />}
            head={
              <SegmentedControl
                aria-label="Group by"
                data={[...GROUPS]}
                value={group}
                onChange={value =>
                  void navigate({
                    search: now => ({ ...now, group: value as typeof group }),
                    replace: true,
                    resetScroll: false,
                  })
                }
              />
            }
            fileName={`sales-by-${group}`}
            height={300}
            rows={rows}
            rowKey={row => row.name}
            columns={[
              {
                name: 'name',
                label: group.charAt(0).toUpperCase() + group.slice(1),
                show: row => displayName(row.name),
              },
              { name: 'revenue', label: 'Net revenue', numeric: true, show: row => money(row.revenue, currency) },
              ...(isCompared
                ? [
                    {
                      name: 'compared' as const,
                      label: COMPARISONS.find(each => each.value === search.compare)?.label ?? '',
                      numeric: true,
                      show: (row: SalesRow) => money(row.compared, currency),
                    },
                  ]
                : []),
              { name: 'orders', label: 'Orders', numeric: true, show: row => count(row.orders) },
              {
                name: 'customers',
                label: 'Customers',
                numeric: true,
                show: row =>
                  WITHOUT_CUSTOMERS.includes(row.name) ? (
                    count(row.customers)
                  ) : (
                    <CustomersLink search={customersOf(row.name)}>{count(row.customers)}</CustomersLink>
                  ),
              },
            ]}
          >
            <Bars
              lying
              rows={rows}
              name={row => displayName(row.name)}
              value={row => row.revenue}
              colour={group === 'segment' ? row => colourOf(row.name) : undefined}
              glyph={group === 'segment' ? row => glyphOf(row.name) : undefined}
              axis={value => money(value, currency, 'short')}
              onPick={row => open(row.name)}
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
