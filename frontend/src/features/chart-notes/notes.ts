/** Which bar of a chart over time a note belongs to. */

import type { ChartNote } from '@/api/shapes'

interface Period {
  name: string
  first_day?: string | null | undefined
  last_day?: string | null | undefined
}

/** The notes that fall on these periods, each with the name of its bar. */
export function placeNotes(
  notes: ChartNote[],
  periods: Period[],
  show: (name: string) => string,
): { at: string; text: string }[] {
  return notes.flatMap(note => {
    const held = periods.find(
      ({ first_day, last_day }) => first_day && last_day && first_day <= note.day && note.day <= last_day,
    )
    return held ? [{ at: show(held.name), text: note.text }] : []
  })
}
