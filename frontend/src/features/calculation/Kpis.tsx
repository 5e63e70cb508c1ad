import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { queries } from '@/api/queries'
import type { Kpi } from '@/api/shapes'
import { Change } from '@/ui/Change'
import { count, daysIn, money } from '@/ui/format'
import { addressWith } from '@/ui/searchParams'
import { Metric } from './Metric'

const SPACE = '\u00a0'

interface KpiSearch {
  from?: string
  to?: string
  category?: string
}

/** The shop's key figures as the API names them, each with its change and its passport. */
export function Kpis({ names, search = {} }: { names: Kpi['name'][]; search?: KpiSearch }) {
  const { data, isPending } = useQuery(queries.kpis(search))
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
        note={describe(kpi)}
        address={addressWith('/api/kpis', { name: kpi.name, ...search })}
      />
    ))
}

const WITHOUT_PERIOD = ['expected_value', 'at_risk_revenue']

/** As much room as the note will take, so that nothing moves when it comes. */
function NotePlaceholder({ name }: { name: Kpi['name'] }) {
  return (
    <span aria-hidden style={{ visibility: 'hidden' }}>
      {WITHOUT_PERIOD.includes(name) ? SPACE : '▲ +10.0% up on the 30 days before'}
    </span>
  )
}

/** How it has changed, or what it speaks of. */
function describe(kpi: Kpi): ReactNode {
  if (kpi.value != null && kpi.previous) return <Change value={kpi.value / kpi.previous - 1} on={previousPeriod(kpi)} />
  return kpi.first_day ? `nothing in ${previousPeriod(kpi)}` : kpi.sentence
}

/** The days a figure is compared with, in words. */
function previousPeriod({ first_day, last_day }: Kpi): string {
  const days = first_day && last_day ? daysIn(first_day, last_day) : 1
  return days === 1 ? 'the day before' : `the ${count(days)} days before`
}

function formatValue({ unit, value }: Kpi, currency: string | null | undefined): string {
  if (unit === 'money') return money(value, currency, 'short')
  return count(value)
}
