import { expect, test } from 'vitest'
import { placeNotes } from './notes'

const note = (day: string) => ({ note_id: 1, day, text: 'Black Friday', author: null })
const barOf = (day: string, ...periods: [first: string, last: string][]) =>
  placeNotes(
    [note(day)],
    periods.map(([first_day, last_day]) => ({ name: first_day, first_day, last_day })),
    name => name,
  )[0]?.at

test('a note belongs to the month or week of its day', () => {
  const months: [string, string][] = [
    ['2011-10-01', '2011-10-31'],
    ['2011-11-01', '2011-11-30'],
  ]
  expect(barOf('2011-11-25', ...months)).toBe('2011-11-01')
  expect(barOf('2011-10-31', ...months)).toBe('2011-10-01')
  expect(barOf('2011-09-30', ...months)).toBeUndefined()
  expect(barOf('2011-12-01', ...months)).toBeUndefined()
})
