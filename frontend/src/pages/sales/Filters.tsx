import { NativeSelect } from '@mantine/core'
import '@/ui/theme/inputs'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { CategorySelect } from '@/features/catalogue/CategorySelect'
import { DateField } from '@/ui/DateField'
import css from './Sales.module.css'
import { COMPARISONS, PERIODS, type parseSales } from './search'

type Search = ReturnType<typeof parseSales>
const route = getRouteApi('/shell/sales')
const CUSTOM = 'custom'

/** Category, days and comparison of the page, all in the URL. */
export function Filters() {
  const { from, to, period, compare, category } = route.useSearch()
  const navigate = useNavigate({ from: '/sales' })
  const [isCustom, setCustom] = useState(Boolean(from || to))
  const change = (part: Partial<Search>) =>
    void navigate({ search: now => ({ ...now, ...part }), replace: true, resetScroll: false })

  function choosePeriod(value: string) {
    setCustom(value === CUSTOM)
    const named = PERIODS.find(each => each.value === value)?.value
    change({ period: named, ...(value === CUSTOM ? {} : { from: undefined, to: undefined }) })
  }

  return (
    <div className={css.filters}>
      <CategorySelect label="Category" value={category} onChange={category => change({ category })} />
      <NativeSelect
        label="Period"
        value={period ?? (isCustom ? CUSTOM : '')}
        onChange={event => choosePeriod(event.currentTarget.value)}
        data={[{ value: '', label: 'All dates' }, ...PERIODS, { value: CUSTOM, label: 'Custom dates' }]}
      />
      {isCustom && !period && (
        <>
          <DateField label="From" max={to} value={from} onChange={from => change({ from })} />
          <DateField label="To" min={from} value={to} onChange={to => change({ to })} />
        </>
      )}
      <NativeSelect
        label="Compare with"
        value={compare ?? 'previous'}
        onChange={event => change({ compare: event.currentTarget.value === 'last_year' ? 'last_year' : undefined })}
        data={[...COMPARISONS]}
      />
    </div>
  )
}
