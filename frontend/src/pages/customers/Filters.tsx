import { Button, NativeSelect, TextInput } from '@mantine/core'
import '@/ui/theme/inputs'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconAdjustmentsHorizontal, IconSearch } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { queries } from '@/api/queries'
import { usePermissions } from '@/api/useSession'
import { CategorySelect } from '@/features/catalogue/CategorySelect'
import { DateField } from '@/ui/DateField'
import { FilterChip } from '@/ui/FilterChip'
import { count, country, day, percent } from '@/ui/format'
import { selectOptions } from '@/ui/selectOptions'
import css from './Customers.module.css'
import { COLUMNS, isSortedBy, NAME } from './columns'
import { CHURN_STATES, type CustomersSearch, reverse, type Sort } from './search'

interface Props {
  search: CustomersSearch
  onChange: (part: Partial<CustomersSearch>, replace?: boolean) => void
}

const UNASSIGNED = 'unassigned'
/** For phones, where the list has no head to click. */
const SORT_CHOICES = [NAME, ...COLUMNS.filter(column => column.name !== 'recency_days')].flatMap(({ label, sort }) => [
  { value: sort, label },
  { value: reverse(sort), label: `${label}, reversed` },
])
const MIN_CHANCES = [0.1, 0.25, 0.5, 0.75]

/** Every filter is part of the URL; each active filter is shown as a chip that removes it. */
export function Filters({ search, onChange }: Props) {
  const can = usePermissions()
  const segments = useQuery(queries.segments())
  const countries = useQuery({ ...queries.sales('country'), enabled: can('sales.read') })
  const assignees = useQuery({ ...queries.assignees(), enabled: can('customers.assign') }).data?.data ?? []
  const [open, setOpen] = useState(false)
  const [more, setMore] = useState(Boolean(search.country || search.min_probability || search.state))
  return (
    <>
      <search className={css.filters} data-open={open || undefined}>
        <SearchField value={search.q ?? ''} onChange={q => onChange({ q: q || undefined }, true)} />
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
          className={css.filter}
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
          className={css.filter}
          label="Category"
          value={search.category}
          onChange={category => onChange({ category })}
        />
        {can('customers.assign') && (
          <NativeSelect
            className={css.filter}
            label="Owner"
            value={search.owner ?? ''}
            onChange={event => onChange({ owner: event.currentTarget.value || undefined })}
            data={[
              { value: '', label: 'All owners' },
              { value: UNASSIGNED, label: 'Unassigned' },
              ...assignees.map(user => ({ value: String(user.user_id), label: user.name })),
            ]}
          />
        )}
        <div className={css.dates}>
          <DateField
            label="Last order from"
            max={search.to}
            value={search.from}
            onChange={from => onChange({ from })}
          />
          <DateField label="to" min={search.from} value={search.to} onChange={to => onChange({ to })} />
        </div>
        <NativeSelect
          className={css.sortSelect}
          label="Sort by"
          value={search.sort ?? 'probability'}
          onChange={event => onChange({ sort: event.currentTarget.value as Sort }, true)}
          data={can('customers.names') ? SORT_CHOICES : SORT_CHOICES.filter(({ value }) => !isSortedBy(NAME, value))}
        />
        {!more && (
          <Button variant="subtle" className={open ? undefined : css.filter} onClick={() => setMore(true)}>
            More filters
          </Button>
        )}
        {more && (
          <>
            <NativeSelect
              className={css.filter}
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
              className={css.filter}
              label="Chance to order"
              value={String(search.min_probability ?? '')}
              onChange={event =>
                onChange({ min_probability: event.currentTarget.value ? Number(event.currentTarget.value) : undefined })
              }
              data={[
                { value: '', label: 'Any' },
                ...MIN_CHANCES.map(chance => ({ value: String(chance), label: `${percent(chance)} or more` })),
              ]}
            />
            <NativeSelect
              className={css.filter}
              label="Churn risk"
              value={search.state ?? ''}
              onChange={event =>
                onChange({ state: (event.currentTarget.value || undefined) as CustomersSearch['state'] })
              }
              data={selectOptions('Any', [...CHURN_STATES], search.state)}
            />
          </>
        )}
      </search>
      <Chips search={search} onChange={onChange} ownerName={id => nameOf(id, assignees)} />
    </>
  )
}

function nameOf(owner: string | undefined, users: { user_id: number; name: string }[]): string {
  if (owner === UNASSIGNED) return 'Unassigned'
  return users.find(user => String(user.user_id) === owner)?.name ?? `user ${owner}`
}

const TYPING_MS = 100

/** The field holds the text while it is typed. The URL follows after a pause, or when the field loses focus: later it would undo a navigation made since. */
function SearchField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const can = usePermissions()
  const [text, setText] = useState(value)
  const changeSoon = useDebouncedCallback(onChange, TYPING_MS)
  useEffect(() => setText(value), [value])
  return (
    <TextInput
      className={css.find}
      label="Search"
      placeholder={can('customers.names') ? 'Name or customer number' : 'Customer number'}
      type="search"
      data-find
      leftSection={<IconSearch size={16} aria-hidden />}
      value={text}
      onChange={event => {
        setText(event.currentTarget.value)
        changeSoon(event.currentTarget.value.trim())
      }}
      onBlur={() => changeSoon.flush()}
    />
  )
}

type OwnerName = (owner: string | undefined) => string

const CHIPS: { name: keyof CustomersSearch; label: (search: CustomersSearch, ownerName: OwnerName) => string }[] = [
  { name: 'q', label: search => `“${search.q}”` },
  { name: 'segment', label: search => search.segment ?? '' },
  { name: 'category', label: search => search.category ?? '' },
  { name: 'from', label: search => `Last order from ${day(search.from)}` },
  { name: 'to', label: search => `Last order to ${day(search.to)}` },
  { name: 'country', label: search => country(search.country) },
  { name: 'min_probability', label: search => `Chance to order: ${percent(search.min_probability)} or more` },
  { name: 'below_probability', label: search => `Chance to order: below ${percent(search.below_probability)}` },
  { name: 'r', label: search => `Recency ${search.r}` },
  { name: 'f', label: search => `Frequency ${search.f}` },
  { name: 'min_recency', label: search => `Last order ${count(search.min_recency)} or more days ago` },
  { name: 'below_recency', label: search => `Last order less than ${count(search.below_recency)} days ago` },
  { name: 'min_orders', label: search => `${count(search.min_orders)} or more orders` },
  { name: 'below_orders', label: search => `Fewer than ${count(search.below_orders)} orders` },
  { name: 'min_revenue', label: search => `Net revenue: ${count(search.min_revenue)} or more` },
  { name: 'below_revenue', label: search => `Net revenue: below ${count(search.below_revenue)}` },
  { name: 'ordered_from', label: search => `Ordered from ${day(search.ordered_from)}` },
  { name: 'ordered_to', label: search => `Ordered to ${day(search.ordered_to)}` },
  { name: 'moved_from', label: search => `Was ${search.moved_from}` },
  { name: 'moved_to', label: search => `Now ${search.moved_to}` },
  { name: 'min_value', label: search => `Expected revenue (30 days): ${count(search.min_value)} or more` },
  { name: 'owner', label: (search, ownerName) => `Owner: ${ownerName(search.owner)}` },
  { name: 'state', label: search => `Churn risk: ${search.state}` },
]

function Chips({ search, onChange, ownerName }: Props & { ownerName: OwnerName }) {
  const shown = CHIPS.filter(chip => search[chip.name] !== undefined)
  if (!shown.length) return null
  return (
    <div className={css.chips}>
      {shown.map(chip => (
        <FilterChip key={chip.name} onRemove={() => onChange({ [chip.name]: undefined })}>
          {chip.label(search, ownerName)}
        </FilterChip>
      ))}
      {shown.length > 1 && (
        <Button
          variant="subtle"
          size="compact-sm"
          onClick={() => onChange(Object.fromEntries(shown.map(chip => [chip.name, undefined])))}
        >
          Clear filters
        </Button>
      )}
    </div>
  )
}
