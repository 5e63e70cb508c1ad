import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useConnection } from '@/api/connection'
import { type KpiSearch, queries } from '@/api/queries'
import type { Kpi } from '@/api/shapes'
import { Change } from '@/ui/Change'
import type { CustomersSearch } from '@/ui/CustomersLink'
import { count, day, daysIn, money } from '@/ui/format'
import { addressWith } from '@/ui/searchParams'
import { Metric } from './Metric'

const SPACE = '\u00a0'

/** KPIs as the API names them, each with its change and its calculation. */
export function Kpis({ names, search = {} }: { names: Kpi['name'][]; search?: KpiSearch }) {
  const { data, isPending, isError } = useQuery(queries.kpis(search))
  const { state } = useConnection()
  if (isPending)
    return names.map(name => (
      <Metric key={name} label={SPACE} value={undefined} note={<NotePlaceholder name={name} />} />
    ))
  if (!data) return null
  return data.data
    .filter(kpi => names.includes(kpi.name))
    .map(kpi => (
      <Metric
        key={kpi.name}
        label={kpi.label}
        value={formatValue(kpi, data.meta.currency)}
        note={isError || state === 'offline' ? 'Last known figure' : describe(kpi)}
        address={addressWith('/api/kpis', { name: kpi.name, ...search })}
        customers={customersOf(kpi, search)}
      />
    ))
}

/** The customers a KPI stands for: those who ordered in its period, who are at risk, or all by what they are expected to spend. */
function customersOf({ name, first_day, last_day }: Kpi, { category }: KpiSearch): CustomersSearch {
  if (name === 'at_risk_revenue') return { state: 'at risk', sort: 'last_year' }
  if (name === 'expected_value') return { sort: 'value' }
  return { ordered_from: first_day ?? undefined, ordered_to: last_day ?? undefined, category, sort: 'monetary' }
}

const WITHOUT_PERIOD = ['expected_revenue', 'at_risk_revenue']

/** Takes the space of the note, so that nothing moves when it arrives. */
function NotePlaceholder({ name }: { name: Kpi['name'] }) {
  return (
    <span aria-hidden style={{ visibility: 'hidden' }}>
      {WITHOUT_PERIOD.includes(name) ? SPACE : '▲ 10.0% higher than the previous 30 days'}
    </span>
  )
}

/** The change from the previous period, or what the KPI means. */
function describe(kpi: Kpi): ReactNode {
  if (kpi.value != null && kpi.previous)
    return <Change value={kpi.value / kpi.previous - 1} comparedWith={previousPeriod(kpi)} />
  return kpi.first_day ? `none in ${previousPeriod(kpi)}` : kpi.sentence
}

/** The period a KPI is compared with, in words: the days just before, or others by their dates. */
function previousPeriod({ first_day, previous_first_day: first, previous_last_day: last }: Kpi): string {
  if (!first_day || !first || !last) return 'before'
  const days = daysIn(first, last)
  if (daysIn(last, first_day) !== 2) return days === 1 ? day(first) : `${day(first)} to ${day(last)}`
  return days === 1 ? 'the previous day' : `the previous ${count(days)} days`
}

function formatValue({ unit, value }: Kpi, currency: string | null | undefined): string {
  if (unit === 'money') return money(value, currency, 'short')
  return count(value)
}
