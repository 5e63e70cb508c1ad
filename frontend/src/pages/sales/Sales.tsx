import { TextInput } from '@mantine/core'
import '@/ui/theme/inputs'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { queries } from '@/api/queries'
import { Kpis } from '@/features/calculation/Kpis'
import { MetricRow } from '@/features/calculation/Metric'
import { CategorySelect } from '@/features/catalogue/CategorySelect'
import { day } from '@/ui/format'
import { Page } from '@/ui/Page'
import { NoDataYet } from '@/ui/states'
import { Breakdown } from './Breakdown'
import { Forecast } from './Forecast'
import { LineClasses } from './LineClasses'
import css from './Sales.module.css'
import { Trend } from './Trend'

const route = getRouteApi('/shell/sales')

/** Net revenue over time, its forecast, and what it consists of. */
export default function Sales() {
  const { from, to, category } = route.useSearch()
  const navigate = useNavigate({ from: '/sales' })
  const change = (part: { from?: string; to?: string; category?: string }) =>
    void navigate({ search: now => ({ ...now, ...part }), replace: true, resetScroll: false })
  const freshness = useQuery(queries.freshness())
  if (freshness.data && !freshness.data.run)
    return (
      <Page title="Sales and forecast">
        <NoDataYet>Import your orders to see sales and a forecast.</NoDataYet>
      </Page>
    )
  return (
    <Page
      title="Sales and forecast"
      sentence={
        from || to
          ? [category ?? 'All orders', from && `from ${day(from)}`, to && `to ${day(to)}`].filter(Boolean).join(' ')
          : `${category ?? 'All orders'}. The figures at the top cover the last 30 days.`
      }
      actions={
        <div className={css.filters}>
          <CategorySelect label="Category" value={category} onChange={category => change({ category })} />
          <TextInput
            label="From"
            type="date"
            max={to}
            value={from ?? ''}
            onChange={event => change({ from: event.currentTarget.value || undefined })}
          />
          <TextInput
            label="To"
            type="date"
            min={from}
            value={to ?? ''}
            onChange={event => change({ to: event.currentTarget.value || undefined })}
          />
        </div>
      }
    >
      <MetricRow>
        <Kpis names={['revenue', 'orders', 'customers', 'average_order_value']} search={{ from, to, category }} />
      </MetricRow>
      <Trend />
      <Forecast />
      <div className={css.pair}>
        <Breakdown />
        <LineClasses />
      </div>
    </Page>
  )
}
