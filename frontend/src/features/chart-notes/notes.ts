/** Which bar of a chart over time a note belongs to. */

import type { ChartNote } from '@/api/shapes'
import { daysIn } from '@/ui/format'

/** The period of `starts` (months as 2011-11, weeks by their first day) that holds the day; undefined when none does. */
export function periodOf(day: string, starts: string[]): string | undefined {
  const start = starts.findLast(each => each <= day)
  if (!start) return undefined
  return start.length === 7 ? (day.startsWith(start) ? start : undefined) : daysIn(start, day) <= 7 ? start : undefined
}

/** The notes that fall on these periods, each with the name of its bar. */
export function placeNotes(
  notes: ChartNote[],
  starts: string[],
  show: (start: string) => string,
): { at: string; text: string }[] {
  return notes.flatMap(note => {
    const start = periodOf(note.day, starts)
    return start ? [{ at: show(start), text: note.text }] : []
  })
}
