import { expect, test } from 'vitest'
import { COLUMNS, directionOf, layout, NAME } from './columns'

const names = (width: number) => layout(width).columns.map(column => column.name)

test('a wide list shows all, a narrow one what matters most, in the same order', () => {
  expect(names(2000)).toEqual(COLUMNS.filter(column => !column.isExtra).map(column => column.name))
  expect(names(640)).toEqual(['segment', 'probability', 'expected_revenue'])
  expect(names(1184)).toContain('churn_state')
})

test('what the list is sorted by is always shown', () => {
  expect(names(960)).not.toContain('value_12m')
  expect(layout(960, { sort: 'lifetime_reversed' }).columns.map(column => column.name)).toContain('value_12m')
})

test('the owner is shown before other columns to users who assign customers', () => {
  expect(names(960)).not.toContain('owner')
  expect(layout(960, { first: 'owner' }).columns.map(column => column.name)).toContain('owner')
})

test('chosen columns come in their order; those that do not fit are left out from the end', () => {
  const chosen = ['revenue_365d', 'country', 'segment', 'no_such_column', 'monetary']
  const shown = (width: number) => layout(width, { sort: 'probability', chosen }).columns.map(column => column.name)
  expect(shown(2000)).toEqual(['revenue_365d', 'country', 'segment', 'monetary', 'probability'])
  expect(shown(640)).toEqual(['revenue_365d', 'country', 'probability'])
})

test('the arrow follows the shown values: dates from the newest, texts from A', () => {
  expect(directionOf({ name: 'last_purchase_day', sort: 'recency' }, 'recency')).toBe('descending')
  expect(directionOf({ name: 'recency_days', sort: 'recency' }, 'recency')).toBe('ascending')
  expect(directionOf(NAME, 'name')).toBe('ascending')
  expect(directionOf(NAME, 'name_reversed')).toBe('descending')
  expect(directionOf(NAME, 'owner')).toBeUndefined()
})
