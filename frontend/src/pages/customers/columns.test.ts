import { expect, test } from 'vitest'
import { COLUMNS, layout } from './columns'

const names = (width: number) => layout(width).columns.map(column => column.name)

test('a wide list shows all, a narrow one what matters most, in the same order', () => {
  expect(names(2000)).toEqual(COLUMNS.map(column => column.name))
  expect(names(640)).toEqual(['segment', 'probability', 'expected_revenue'])
  expect(names(1184)).toContain('churn_state')
})

test('what the list is sorted by is always shown', () => {
  expect(names(960)).not.toContain('value_12m')
  expect(layout(960, 'lifetime').columns.map(column => column.name)).toContain('value_12m')
})

test('the owner is shown before other columns to users who assign customers', () => {
  expect(names(960)).not.toContain('owner')
  expect(layout(960, undefined, 'owner').columns.map(column => column.name)).toContain('owner')
})
