import { expect, test } from 'vitest'
import { describeEffect } from './Reasons'

test('a reason says how many points it adds to or subtracts from the chance to order', () => {
  expect(describeEffect(12.3)).toBe('adds 12 points')
  expect(describeEffect(-1.2)).toBe('subtracts 1 point')
  expect(describeEffect(0.2)).toBe('adds less than 1 point')
})
