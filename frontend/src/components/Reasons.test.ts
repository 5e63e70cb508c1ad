import { expect, test } from 'vitest'
import { withoutIt } from './Reasons'

test('a reason says what its absence would do, not what it adds', () => {
  expect(withoutIt(12.3)).toBe('12 points lower without it')
  expect(withoutIt(-1.2)).toBe('1 point higher without it')
  expect(withoutIt(0.2)).toBe('less than a point lower without it')
})
