import { NativeSelect } from '@mantine/core'
import './theme/inputs'
import { useQuery } from '@tanstack/react-query'
import { ask } from '@/api/questions'
import { useMay } from './signedIn'

/** What a filter offers: all, then the names; one set in the address stands there before the names are known. */
export function options(
  all: string,
  names: string[] | undefined,
  now: string | undefined,
  called = (name: string) => name,
) {
  const known = names ?? []
  const list = now && !known.includes(now) ? [now, ...known] : known
  return [{ value: '', label: all }, ...list.map(name => ({ value: name, label: called(name) }))]
}

interface Props {
  className?: string
  label: string
  /** Where there is no room for a label it is only read. */
  isBare?: boolean
  value: string | undefined
  onChange: (category: string | undefined) => void
}

/** A category of goods, the best sold first. */
export function CategorySelect({ className, label, isBare, value, onChange }: Props) {
  const may = useMay()
  const categories = useQuery({ ...ask.sales('category'), enabled: may('sales.read') })
  return (
    <NativeSelect
      className={className}
      {...(isBare ? { 'aria-label': label } : { label })}
      value={value ?? ''}
      onChange={event => onChange(event.currentTarget.value || undefined)}
      data={options(
        'All categories',
        categories.data?.data.map(row => row.name),
        value,
      )}
    />
  )
}
