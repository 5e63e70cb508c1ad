import { expect, test } from 'vitest'
import { periodOf } from './notes'

test('a note belongs to the month or week of its day', () => {
  const months = ['2011-10', '2011-11', '2011-12']
  expect(periodOf('2011-11-25', months)).toBe('2011-11')
  expect(periodOf('2011-09-30', months)).toBeUndefined()
  expect(periodOf('2012-01-01', months)).toBeUndefined()
  const weeks = ['2011-11-14', '2011-11-21']
  expect(periodOf('2011-11-20', weeks)).toBe('2011-11-14')
  expect(periodOf('2011-11-27', weeks)).toBe('2011-11-21')
  expect(periodOf('2011-11-28', weeks)).toBeUndefined()
})
