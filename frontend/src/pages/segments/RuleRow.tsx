import { ActionIcon, Button, NativeSelect, TextInput } from '@mantine/core'
import '@/ui/theme/inputs'
import { IconArrowDown, IconArrowUp, IconPlus, IconTrash } from '@tabler/icons-react'
import type { Condition, Rule, RuleField, SegmentPreview } from '@/api/shapes'
import { SegmentBadge } from '@/features/customer/SegmentBadge'
import { count, NO_VALUE } from '@/ui/format'
import { ConditionEditor } from './ConditionEditor'
import { describeCondition, firstCondition } from './conditions'
import css from './Segments.module.css'

const AXES = ['r', 'f', 'm'] as const
const MOST_CONDITIONS = 12

interface Props {
  rule: Rule
  fields: RuleField[]
  /** How many customers it would have and has now; undefined while they are counted. */
  counted: Pick<SegmentPreview, 'customers' | 'now'> | undefined
  isFirst: boolean
  isLast: boolean
  onChange: (part: Partial<Rule>) => void
  onMove: (step: 1 | -1) => void
  onRemove: () => void
}

/** One rule to edit: name, score ranges, conditions, advice, and the customers it would have. */
export function RuleRow({ rule, fields, counted, isFirst, isLast, onChange, onMove, onRemove }: Props) {
  const setCondition = (place: number, condition: Condition) =>
    onChange({ conditions: rule.conditions.map((each, n) => (n === place ? condition : each)) })
  return (
    <li className={css.rule}>
      <TextInput
        aria-label="Segment name"
        dir="auto"
        maxLength={60}
        value={rule.name}
        onChange={event => onChange({ name: event.currentTarget.value })}
        className={css.ruleName}
      />
      <div className={css.ranges}>
        {AXES.map(axis => (
          <ScoreRange key={axis} axis={axis} span={rule[axis]} onChange={span => onChange({ [axis]: span })} />
        ))}
      </div>
      <TextInput
        aria-label="Recommended action"
        maxLength={400}
        value={rule.advice}
        onChange={event => onChange({ advice: event.currentTarget.value })}
        className={css.advice}
      />
      <span className={css.preview}>
        <strong>{counted ? count(counted.customers) : NO_VALUE}</strong>
        <span>now {counted ? count(counted.now) : NO_VALUE}</span>
      </span>
      <span className={css.moves}>
        <ActionIcon aria-label={`Move ${rule.name} up`} disabled={isFirst} onClick={() => onMove(-1)}>
          <IconArrowUp size={16} />
        </ActionIcon>
        <ActionIcon aria-label={`Move ${rule.name} down`} disabled={isLast} onClick={() => onMove(1)}>
          <IconArrowDown size={16} />
        </ActionIcon>
        <ActionIcon aria-label={`Remove ${rule.name}`} onClick={onRemove}>
          <IconTrash size={16} />
        </ActionIcon>
      </span>
      <fieldset className={css.conditions}>
        <legend className="only-read">Conditions of {rule.name}, all must be met</legend>
        {rule.conditions.map((condition, place) => (
          <ConditionEditor
            // biome-ignore lint/suspicious/noArrayIndexKey: conditions have no identity, and the field is part of the key
            key={`${place} ${condition.field} ${rule.conditions.length}`}
            condition={condition}
            fields={fields}
            onChange={next => setCondition(place, next)}
            onRemove={() => onChange({ conditions: rule.conditions.filter((_, n) => n !== place) })}
          />
        ))}
        <Button
          variant="subtle"
          size="compact-sm"
          leftSection={<IconPlus size={14} aria-hidden />}
          disabled={rule.conditions.length >= MOST_CONDITIONS}
          aria-label={`Add a condition to ${rule.name}`}
          onClick={() => {
            const field = fields.find(each => each.name === 'frequency') ?? fields[0]
            if (field) onChange({ conditions: [...rule.conditions, firstCondition(field)] })
          }}
        >
          Condition
        </Button>
      </fieldset>
    </li>
  )
}

const AXIS_NAMES = { r: 'Recency', f: 'Frequency', m: 'Monetary' }
const SCORES = ['1', '2', '3', '4', '5']
type Range = Rule['r']

/** One rule to read, for users who may not change it. */
export function RuleText({ rule, fields }: { rule: Rule; fields: RuleField[] }) {
  const spans = AXES.filter(axis => rule[axis][0] !== 1 || rule[axis][1] !== 5).map(axis => {
    const [low, high] = rule[axis] as [number, number]
    return `${AXIS_NAMES[axis]} ${low === high ? low : `${low} to ${high}`}`
  })
  const parts = [...spans, ...rule.conditions.map(each => describeCondition(each, fields))]
  return (
    <li className={css.rule}>
      <span className={css.ruleName}>
        <SegmentBadge segment={rule.name} />
      </span>
      <span className={css.ruleText}>{parts.join(' · ') || 'All other customers'}</span>
      <p className={css.advice}>{rule.advice}</p>
    </li>
  )
}

function ScoreRange({
  axis,
  span,
  onChange,
}: {
  axis: (typeof AXES)[number]
  span: Range
  onChange: (span: Range) => void
}) {
  const [low, high] = span as [number, number]
  return (
    <fieldset className={css.range}>
      <legend className="only-read">{AXIS_NAMES[axis]}</legend>
      <span aria-hidden>{axis.toUpperCase()}</span>
      <NativeSelect
        aria-label={`${AXIS_NAMES[axis]} from`}
        data={SCORES}
        value={String(low)}
        onChange={event =>
          onChange([Number(event.currentTarget.value), Math.max(high, Number(event.currentTarget.value))] as Range)
        }
      />
      <NativeSelect
        aria-label={`${AXIS_NAMES[axis]} to`}
        data={SCORES}
        value={String(high)}
        onChange={event =>
          onChange([Math.min(low, Number(event.currentTarget.value)), Number(event.currentTarget.value)] as Range)
        }
      />
    </fieldset>
  )
}
