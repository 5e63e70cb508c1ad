import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { queries } from '@/api/queries'
import { Kpis } from '@/features/calculation/Kpis'
import { MetricRow } from '@/features/calculation/Metric'
import { count, day, daysIn } from '@/ui/format'
import { Page } from '@/ui/Page'
import { NoDataYet } from '@/ui/states'
import { Breakdown } from './Breakdown'
import { Filters } from './Filters'
import { Forecast } from './Forecast'
import { LineClasses } from './LineClasses'
import { Reviews } from './Reviews'
import css from './Sales.module.css'
import { filtersOf } from './search'
import { Trend } from './Trend'

const route = getRouteApi('/shell/sales')

/** Net revenue over time, its forecast, and what it consists of. */
export default function Sales() {
  const search = route.useSearch()
  const filters = filtersOf(search)
  const freshness = useQuery(queries.freshness())
  if (freshness.data && !freshness.data.run)
    return (
      <Page title="Sales and forecast">
        <NoDataYet />
      </Page>
    )
  return (
    <Page title="Sales and forecast" sentence={<Days category={search.category} />} actions={<Filters />}>
      <MetricRow>
        <Kpis names={['revenue', 'orders', 'customers', 'average_order_value']} search={filters} />
      </MetricRow>
      <Trend />
      <Forecast />
      <div className={css.pair}>
        <Breakdown />
        <LineClasses />
      </div>
      <Reviews />
    </Page>
  )
}

/** The days that the figures at the top cover, and whether their month, quarter or year has ended. */
function Days({ category }: { category: string | undefined }) {
  const { data } = useQuery(queries.kpis(filtersOf(route.useSearch())))
  const kpi = data?.data.find(each => each.first_day)
  if (!kpi?.first_day || !kpi.last_day)
    return (
      <span aria-hidden style={{ visibility: 'hidden' }}>
        All orders. Figures at the top: 30 Sept 2026 to 31 Oct 2026
      </span>
    )
  const isOver = kpi.complete !== false
  return (
    <>
      {category ?? 'All orders'}. Figures at the top: {day(kpi.first_day)} to {day(kpi.last_day)}
      {!isOver && `, not over yet: compared with as many days (${count(daysIn(kpi.first_day, kpi.last_day))})`}
    </>
  )
}
