import { expect, test } from 'vitest'
import { sumByMonth } from './Overview'

test('months without orders are included, also those after the last order', () => {
  const orders = [
    { day: '2011-01-31', net_amount: 10 },
    { day: '2010-11-02', net_amount: 5 },
    { day: '2011-01-02', net_amount: 2 },
  ]
  expect(sumByMonth(orders, '2011-03-09')).toEqual([
    { month: '2010-11', amount: 5, orders: 1 },
    { month: '2010-12', amount: 0, orders: 0 },
    { month: '2011-01', amount: 12, orders: 2 },
    { month: '2011-02', amount: 0, orders: 0 },
    { month: '2011-03', amount: 0, orders: 0 },
  ])
  expect(sumByMonth([], '2011-03-09')).toEqual([])
})
