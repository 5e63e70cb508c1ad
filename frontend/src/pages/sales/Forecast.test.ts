import { expect, test } from 'vitest'
import type { ForecastRow, SalesRow } from '@/api/shapes'
import { points } from './Forecast'

const sale = (name: string, revenue: number): SalesRow => ({ name, revenue, orders: 1, customers: 1 })
const coming = (starts: string, expected: number, low: number | null): ForecastRow => ({
  grain: 'month',
  starts,
  ends: starts,
  target: 'revenue',
  known: 0,
  expected,
  low,
  high: low && low + 20,
  method: 'm',
  note: '',
})

test('what came and what is expected meet in the last month that is over', () => {
  const drawn = points(
    [sale('2011-10-01', 90), sale('2011-11-01', 100), sale('2011-12-01', 20)],
    [coming('2011-12-01', 110, 100)],
    'revenue',
  )
  expect(drawn).toEqual([
    { month: '2011-10-01', came: 90, expected: null, band: null },
    { month: '2011-11-01', came: 100, expected: 100, band: [100, 100] },
    { month: '2011-12-01', came: null, expected: 110, band: [100, 120] },
  ])
})

test('a forecast without a band, and one without a past', () => {
  expect(points([], [coming('2011-12-01', 110, null)], 'revenue')).toEqual([
    { month: '2011-12-01', came: null, expected: 110, band: null },
  ])
})
