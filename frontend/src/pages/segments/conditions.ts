/** Conditions of segment rules: their names, first values and words. */

import type { Condition, RuleField } from '@/api/shapes'
import { count, country, percent } from '@/ui/format'

export const OPERATORS: Record<string, string> = {
  at_least: 'at least',
  at_most: 'at most',
  above: 'more than',
  below: 'less than',
  is: 'exactly',
  any_of: 'any of',
  none_of: 'none of',
}

const FIRST_VALUES: Record<string, Condition['value']> = {
  days: 90,
  count: 2,
  money: 100,
  probability: 0.5,
  cells: [555],
}

/** A new condition on a field; a list of names starts empty. */
export function firstCondition(field: RuleField): Condition {
  return { field: field.name, operator: field.operators[0] ?? 'is', value: FIRST_VALUES[field.kind] ?? [] }
}

/** Whether the condition has a value to compare with. */
export function isComplete({ value }: Condition): boolean {
  return Array.isArray(value) ? value.length > 0 : Number.isFinite(value)
}

/** "Orders: exactly 1". */
export function describeCondition(condition: Condition, fields: RuleField[]): string {
  const field = fields.find(each => each.name === condition.field)
  const show = (value: string | number) =>
    typeof value === 'string'
      ? nameOf(field, value)
      : field?.kind === 'probability'
        ? percent(value)
        : field?.kind === 'cells'
          ? String(value)
          : count(value)
  const { value } = condition
  const values = Array.isArray(value) ? value.map(show).join(', ') : show(value)
  return `${field?.label ?? condition.field}: ${OPERATORS[condition.operator] ?? condition.operator} ${values}`
}

export function nameOf(field: RuleField | undefined, value: string | number): string {
  return field?.kind === 'country' ? country(String(value)) : String(value)
}
