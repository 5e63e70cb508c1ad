import { Button, NativeSelect, TextInput } from '@mantine/core'
import '@/ui/theme/inputs'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconAdjustmentsHorizontal, IconSearch, IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { queries } from '@/api/queries'
import { usePermissions } from '@/api/useSession'
import { CategorySelect } from '@/features/catalogue/CategorySelect'
import { country, day, percent } from '@/ui/format'
import { selectOptions } from '@/ui/selectOptions'
import css from './Customers.module.css'
import { CHURN_STATES, type CustomersSearch } from './search'

interface Props {
  search: CustomersSearch
  onChange: (part: Partial<CustomersSearch>, replace?: boolean) => void
}

const CHANCES = [0.1, 0.25, 0.5, 0.75]

/** Every filter is a part of the address; each one set is a chip that takes it away. */
export function Filters({ search, onChange }: Props) {
  const can = usePermissions()
  const segments = useQuery(queries.segments())
  const countries = useQuery({ ...queries.sales('country'), enabled: can('sales.read') })
  const [open, setOpen] = useState(false)
  const [more, setMore] = useState(Boolean(search.country || search.min_probability || search.state))
  return (
    <>
      <search className={css.filters} data-open={open || undefined}>
        <Find value={search.q ?? ''} onChange={q => onChange({ q: q || undefined }, true)} />
        <Button
          variant="default"
          className={css.onlyPhone}
          aria-expanded={open}
          leftSection={<IconAdjustmentsHorizontal size={16} aria-hidden />}
          onClick={() => setOpen(!open)}
        >
          Filters
        </Button>
        <NativeSelect
          className={css.choice}
          label="Segment"
          value={search.segment ?? ''}
          onChange={event => onChange({ segment: event.currentTarget.value || undefined })}
          data={selectOptions(
            'All segments',
            segments.data?.data.map(row => row.segment),
            search.segment,
          )}
        />
        <CategorySelect
          className={css.choice}
          label="Bought from"
          value={search.category}
          onChange={category => onChange({ category })}
        />
        <div className={css.dates}>
          <TextInput
            label="Last order from"
            type="date"
            max={search.to}
            value={search.from ?? ''}
            onChange={event => onChange({ from: event.currentTarget.value || undefined })}
          />
          <TextInput
            label="to"
            type="date"
            min={search.from}
            value={search.to ?? ''}
            onChange={event => onChange({ to: event.currentTarget.value || undefined })}
          />
        </div>
        {!more && (
          <Button variant="subtle" className={open ? undefined : css.choice} onClick={() => setMore(true)}>
            More filters
          </Button>
        )}
        {more && (
          <>
            <NativeSelect
              className={css.choice}
              label="Country"
              value={search.country ?? ''}
              onChange={event => onChange({ country: event.currentTarget.value || undefined })}
              data={selectOptions(
                'All countries',
                countries.data?.data.map(row => row.name),
                search.country,
                country,
              )}
            />
            <NativeSelect
              className={css.choice}
              label="Orders in 30 days"
              value={String(search.min_probability ?? '')}
              onChange={event =>
                onChange({ min_probability: event.currentTarget.value ? Number(event.currentTarget.value) : undefined })
              }
              data={[
                { value: '', label: 'However likely' },
                ...CHANCES.map(chance => ({ value: String(chance), label: `${percent(chance)} or more` })),
              ]}
            />
            <NativeSelect
              className={css.choice}
              label="Leaving"
              value={search.state ?? ''}
              onChange={event =>
                onChange({ state: (event.currentTarget.value || undefined) as CustomersSearch['state'] })
              }
              data={selectOptions('All', [...CHURN_STATES], search.state)}
            />
          </>
        )}
      </search>
      <Chips search={search} onChange={onChange} />
    </>
  )
}

const TYPING_MS = 100

/** The text being typed is the field's own; the address follows when the typing rests, or ends: later it would undo a way taken since. */
function Find({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const [text, setText] = useState(value)
  const tell = useDebouncedCallback(onChange, TYPING_MS)
  useEffect(() => setText(value), [value])
  return (
    <TextInput
      className={css.find}
      label="Find"
      placeholder="Name or customer number"
      type="search"
      data-find
      leftSection={<IconSearch size={16} aria-hidden />}
      value={text}
      onChange={event => {
        setText(event.currentTarget.value)
        tell(event.currentTarget.value.trim())
      }}
      onBlur={() => tell.flush()}
    />
  )
}

const CHIPS: { name: keyof CustomersSearch; label: (search: CustomersSearch) => string }[] = [
  { name: 'q', label: search => `“${search.q}”` },
  { name: 'segment', label: search => search.segment ?? '' },
  { name: 'category', label: search => search.category ?? '' },
  { name: 'from', label: search => `from ${day(search.from)}` },
  { name: 'to', label: search => `to ${day(search.to)}` },
  { name: 'country', label: search => country(search.country) },
  { name: 'min_probability', label: search => `${percent(search.min_probability)} or more` },
  { name: 'min_value', label: search => `expected ${search.min_value} or more` },
  { name: 'state', label: search => search.state ?? '' },
]

function Chips({ search, onChange }: Props) {
  const shown = CHIPS.filter(chip => search[chip.name] !== undefined)
  if (!shown.length) return null
  return (
    <div className={css.chips}>
      {shown.map(chip => (
        <button key={chip.name} type="button" className={css.chip} onClick={() => onChange({ [chip.name]: undefined })}>
          {chip.label(search)}
          <IconX size={12} aria-hidden />
          <span className="only-read">, remove this filter</span>
        </button>
      ))}
      {shown.length > 1 && (
        <Button
          variant="subtle"
          size="compact-sm"
          onClick={() => onChange(Object.fromEntries(shown.map(chip => [chip.name, undefined])))}
        >
          Clear
        </Button>
      )}
    </div>
  )
}
