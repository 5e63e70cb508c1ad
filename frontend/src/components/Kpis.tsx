import { useQuery } from '@tanstack/react-query'
import { ask } from '@/api/questions'
import type { Kpi } from '@/api/shapes'
import { Change } from './Change'
import { Figure } from './Figure'
import { count, many, money, percent } from './format'

const WAITING = [1, 2, 3]

/** The shop's key figures as the API names them, each with its change and its passport. */
export function KpiFigures() {
  const { data, isPending } = useQuery(ask.kpis())
  if (isPending) return WAITING.map(place => <Figure key={place} label=" " value={undefined} />)
  if (!data) return null
  return data.data.map(kpi => (
    <Figure
      key={kpi.name}
      label={kpi.label}
      value={shown(kpi, data.meta.currency)}
      note={kpi.value != null && kpi.previous ? <Change value={kpi.value / kpi.previous - 1} /> : kpi.sentence}
      address={`/api/kpis?name=${encodeURIComponent(kpi.name)}`}
    />
  ))
}

function shown({ unit, value }: Kpi, currency: string | null | undefined): string {
  if (unit === 'money') return money(value, currency, 'short')
  if (unit === 'share') return percent(value)
  if (unit === 'days' && value != null) return many(value, 'day')
  return count(value)
}
