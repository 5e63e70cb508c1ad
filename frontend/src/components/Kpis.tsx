import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { ask } from '@/api/questions'
import type { Kpi } from '@/api/shapes'
import { Change } from './Change'
import { Figure } from './Figure'
import { count, daysIn, money } from './format'
import { addressWith } from './search'

interface KpiSearch {
  from?: string
  to?: string
  category?: string
}

/** The shop's key figures as the API names them, each with its change and its passport. */
export function KpiFigures({ names, search = {} }: { names: Kpi['name'][]; search?: KpiSearch }) {
  const { data, isPending } = useQuery(ask.kpis(search))
  if (isPending) return names.map(name => <Figure key={name} label=" " value={undefined} />)
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
