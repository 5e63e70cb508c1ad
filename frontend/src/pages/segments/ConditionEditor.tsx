import { ActionIcon, NativeSelect, TextInput } from '@mantine/core'
import { IconTrash, IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { queries } from '@/api/queries'
import type { Condition, RuleField } from '@/api/shapes'
import { usePermissions } from '@/api/useSession'
import { firstCondition, nameOf, OPERATORS } from './conditions'
import css from './Segments.module.css'

interface Props {
  condition: Condition
  fields: RuleField[]
  onChange: (condition: Condition) => void
  onRemove: () => void
}

/** One condition of a rule: field, operator and value. */
export function ConditionEditor({ condition, fields, onChange, onRemove }: Props) {
  const field = fields.find(each => each.name === condition.field)
  if (!field) return null
  return (
    <div className={css.condition}>
      <NativeSelect
        aria-label="Condition on"
        value={field.name}
        data={fields.map(each => ({ value: each.name, label: each.is_known ? each.label : `${each.label} (off)` }))}
        onChange={event => {
          const next = fields.find(each => each.name === event.currentTarget.value)
          if (next) onChange(firstCondition(next))
        }}
      />
      <NativeSelect
        aria-label={`${field.label}: comparison`}
        value={condition.operator}
        data={field.operators.map(each => ({ value: each, label: OPERATORS[each] ?? each }))}
        onChange={event => onChange({ ...condition, operator: event.currentTarget.value })}
      />
      {field.kind === 'country' || field.kind === 'category' ? (
        <Names field={field} condition={condition} onChange={onChange} />
      ) : (
        <Numbers field={field} condition={condition} onChange={onChange} />
      )}
      <ActionIcon aria-label={`Remove the condition on ${field.label}`} onClick={onRemove}>
        <IconTrash size={16} />
      </ActionIcon>
    </div>
  )
}

type PartProps = { field: RuleField; condition: Condition; onChange: (condition: Condition) => void }

/** A number, a chance in per cent, or RFM scores separated by commas. */
function Numbers({ field, condition, onChange }: PartProps) {
  const isChance = field.kind === 'probability'
  const { value } = condition
  return (
    <TextInput
      key={field.name}
      className={css.conditionValue}
      aria-label={`${field.label}: value${isChance ? ' in %' : ''}`}
      inputMode={field.kind === 'cells' ? 'text' : 'decimal'}
      defaultValue={Array.isArray(value) ? value.join(', ') : isChance ? Number((100 * value).toFixed(4)) : value}
      rightSection={isChance ? '%' : undefined}
      onChange={event => {
        const text = event.currentTarget.value
        if (field.kind === 'cells') {
          onChange({ ...condition, value: (text.match(/\d+/g) ?? []).map(Number) })
          return
        }
        const number = text.trim() ? Number(text.replace(',', '.')) : Number.NaN
        onChange({ ...condition, value: isChance ? number / 100 : number })
      }}
    />
  )
}

/** Countries or categories: those chosen, and a list to add from. */
function Names({ field, condition, onChange }: PartProps) {
  const can = usePermissions()
  const known = useQuery({
    ...queries.sales(field.kind === 'country' ? 'country' : 'category'),
    enabled: can('sales.read'),
  })
  const chosen = Array.isArray(condition.value) ? condition.value.map(String) : []
  const others = (known.data?.data ?? []).map(row => row.name).filter(name => !chosen.includes(name))
  return (
    <span className={css.chosen}>
      {chosen.map(name => (
        <button
          key={name}
          type="button"
          className={css.chosenName}
          aria-label={`Remove ${nameOf(field, name)}`}
          onClick={() => onChange({ ...condition, value: chosen.filter(each => each !== name) })}
        >
          {nameOf(field, name)} <IconX size={14} aria-hidden />
        </button>
      ))}
      <NativeSelect
        aria-label={`Add to ${field.label}`}
        value=""
        data={[
          { value: '', label: field.kind === 'country' ? 'Add a country' : 'Add a category' },
          ...others.map(name => ({ value: name, label: nameOf(field, name) })),
        ]}
        onChange={event => {
          const name = event.currentTarget.value
          if (name) onChange({ ...condition, value: [...chosen, name] })
        }}
      />
    </span>
  )
}
