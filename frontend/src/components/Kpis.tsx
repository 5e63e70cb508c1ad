import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { ask } from '@/api/questions'
import type { Kpi } from '@/api/shapes'
import { Change } from './Change'
import { Figure } from './Figure'
import { count, daysIn, money } from './format'
import { addressWith } from './search'

const SPACE = '\u00a0'

interface KpiSearch {
  from?: string
  to?: string
  category?: string
}

/** The shop's key figures as the API names them, each with its change and its passport. */
export function KpiFigures({ names, search = {} }: { names: Kpi['name'][]; search?: KpiSearch }) {
  const { data, isPending } = useQuery(ask.kpis(search))
  if (isPending)
    return names.map(name => <Figure key={name} label={SPACE} value={undefined} note={<Coming name={name} />} />)
  if (!data) return null
  return data.data
    .filter(kpi => names.includes(kpi.name))
    .map(kpi => (
      <Figure
        key={kpi.name}
        label={kpi.label}
        value={shown(kpi, data.meta.currency)}
        note={note(kpi)}
        address={addressWith('/api/kpis', { name: kpi.name, ...search })}
      />
    ))
}

const OF_NO_PERIOD = ['expected_value', 'at_risk_revenue']

/** As much room as the note will take, so that nothing moves when it comes. */
function Coming({ name }: { name: Kpi['name'] }) {
  return (
    <span aria-hidden style={{ visibility: 'hidden' }}>
      {OF_NO_PERIOD.includes(name) ? SPACE : '▲ +10.0% up on the 30 days before'}
    </span>
  )
}

/** How it has changed, or what it speaks of. */
function note(kpi: Kpi): ReactNode {
  if (kpi.value != null && kpi.previous) return <Change value={kpi.value / kpi.previous - 1} on={before(kpi)} />
  return kpi.first_day ? `nothing in ${before(kpi)}` : kpi.sentence
}

/** The days a figure is compared with, in words. */
function before({ first_day, last_day }: Kpi): string {
  const days = first_day && last_day ? daysIn(first_day, last_day) : 1
  return days === 1 ? 'the day before' : `the ${count(days)} days before`
}

function shown({ unit, value }: Kpi, currency: string | null | undefined): string {
  if (unit === 'money') return money(value, currency, 'short')
  return count(value)
}
