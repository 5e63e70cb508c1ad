import { expect, test } from 'vitest'
import { describeEffect } from './Reasons'

test('a reason says what its absence would do, not what it adds', () => {
  expect(describeEffect(12.3)).toBe('12 points lower without it')
  expect(describeEffect(-1.2)).toBe('1 point higher without it')
  expect(describeEffect(0.2)).toBe('less than a point lower without it')
})
