import { expect, test } from 'vitest'
import { roundTicks } from './ticks'

test('an axis begins with nothing and goes in round steps past the highest value', () => {
  expect(roundTicks([3.4, 1])).toEqual([0, 1, 2, 3, 4])
  expect(roundTicks([0.62])).toEqual([0, 0.2, 0.4, 0.6, 0.8])
  expect(roundTicks([84_900])).toEqual([0, 20_000, 40_000, 60_000, 80_000, 100_000])
  expect(roundTicks([2.1])).toEqual([0, 0.5, 1, 1.5, 2, 2.5])
})

test('what is counted has no halves', () => {
  expect(roundTicks([1])).toEqual([0, 1])
  expect(roundTicks([2, 12])).toEqual([0, 5, 10, 15])
})

test('nothing to show, or something below nothing, is left to the library', () => {
  expect(roundTicks([])).toBeUndefined()
  expect(roundTicks([0, 0])).toBeUndefined()
  expect(roundTicks([-5, 10])).toBeUndefined()
})
