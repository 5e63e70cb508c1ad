import { expect, test } from 'vitest'
import type { ForecastRow, SalesRow } from '@/api/shapes'
import { toPoints } from './Forecast'

const sale = (name: string, revenue: number): SalesRow => ({ name, revenue, orders: 1, customers: 1 })
const future = (starts: string, expected: number, low: number | null): ForecastRow => ({
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

test('the forecast starts at the last past month', () => {
  const drawn = toPoints(
    [sale('2011-10-01', 90), sale('2011-11-01', 100), sale('2011-12-01', 20)],
    [future('2011-12-01', 110, 100)],
    'revenue',
  )
  expect(drawn).toEqual([
    { month: '2011-10-01', actual: 90, forecast: null, band: null },
    { month: '2011-11-01', actual: 100, forecast: 100, band: [100, 100] },
    { month: '2011-12-01', actual: null, forecast: 110, band: [100, 120] },
  ])
})

test('a forecast without an interval, and one without past months', () => {
  expect(toPoints([], [future('2011-12-01', 110, null)], 'revenue')).toEqual([
    { month: '2011-12-01', actual: null, forecast: 110, band: null },
  ])
})
