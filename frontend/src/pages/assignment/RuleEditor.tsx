import { ActionIcon, MultiSelect, TextInput } from '@mantine/core'
import '@mantine/core/styles/Pill.layer.css'
import '@mantine/core/styles/PillsInput.layer.css'
import '@mantine/core/styles/Popover.layer.css'
import '@mantine/core/styles/ScrollArea.layer.css'
import { IconArrowDown, IconArrowUp, IconTrash } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { queries } from '@/api/queries'
import type { AssignmentPreview, AssignmentRules } from '@/api/shapes'
import { country, money, plural } from '@/ui/format'
import css from './Assignment.module.css'
import type { Draft } from './drafts'

interface Props {
  draft: Draft
  place: number
  isLast: boolean
  options: AssignmentRules['options']
  assignees: { user_id: number; name: string }[]
  result: AssignmentPreview['rules'][number] | undefined
  onChange: (part: Partial<Draft>) => void
  onMove: (step: 1 | -1) => void
  onRemove: () => void
}

/** One rule: which customers, to whom, and what it would do now. */
export function RuleEditor({ draft, place, isLast, options, assignees, result, onChange, onMove, onRemove }: Props) {
  const name = `Rule ${place + 1}`
  return (
    <li className={css.rule}>
      <div className={css.head}>
        <strong>{name}</strong>
        <span className={css.moves}>
          <ActionIcon aria-label={`Move ${name} up`} disabled={place === 0} onClick={() => onMove(-1)}>
            <IconArrowUp size={16} />
          </ActionIcon>
          <ActionIcon aria-label={`Move ${name} down`} disabled={isLast} onClick={() => onMove(1)}>
            <IconArrowDown size={16} />
          </ActionIcon>
          <ActionIcon aria-label={`Remove ${name}`} onClick={onRemove}>
            <IconTrash size={16} />
          </ActionIcon>
        </span>
      </div>
      <div className={css.fields}>
        <MultiSelect
          label="Country"
          placeholder={draft.countries.length ? undefined : 'Any'}
          data={options.countries.map(value => ({ value, label: country(value) }))}
          value={draft.countries}
          onChange={countries => onChange({ countries })}
          searchable
          hidePickedOptions
        />
        <MultiSelect
          label="Segment"
          placeholder={draft.segments.length ? undefined : 'Any'}
          data={options.segments}
          value={draft.segments}
          onChange={segments => onChange({ segments })}
          searchable
          hidePickedOptions
        />
        <TextInput
          label="Postcode starts with"
          placeholder={options.postcodes ? 'Any, or SW1, EC' : 'No postcodes in your data'}
          disabled={!options.postcodes && !draft.postcodes}
          value={draft.postcodes}
          onChange={event => onChange({ postcodes: event.currentTarget.value })}
        />
        <MultiSelect
          label="Assign to"
          description={draft.users.length > 1 ? 'In turn' : undefined}
          placeholder={draft.users.length ? undefined : 'Choose users'}
          data={assignees.map(user => ({ value: String(user.user_id), label: user.name }))}
          value={draft.users}
          onChange={users => onChange({ users })}
          searchable
          hidePickedOptions
          required
          withAsterisk={false}
        />
        <TextInput
          label="Customers per user, at most"
          placeholder="No limit"
          inputMode="numeric"
          value={draft.capacity}
          error={/^([1-9]\d{0,5})?$/.test(draft.capacity) ? undefined : 'Write a whole number'}
          onChange={event => onChange({ capacity: event.currentTarget.value.trim() })}
        />
      </div>
      <p className={css.result}>
        {draft.users.length ? result && <Result result={result} /> : 'Choose who gets them.'}
      </p>
    </li>
  )
}

function Result({ result }: { result: NonNullable<Props['result']> }) {
  const company = useQuery(queries.company()).data
  const currency = company?.currency_of_orders ?? company?.currency
  return (
    <>
      {plural(result.matching, 'customer')} first matched by this rule.{' '}
      {result.users.map(user => (
        <span key={user.user_id} className={css.share}>
          {user.name}: {plural(user.customers, 'customer')}, {money(user.expected_revenue, currency)} expected (30 days)
        </span>
      ))}
      {result.full > 0 && <span className={css.share}>{plural(result.full, 'customer')} beyond the capacity</span>}
    </>
  )
}
