/** Which column of a file is which field, and what that decides. */
import type { FileMapping, Found } from '@/api/shapes'
import { countLeftOut } from './outcome'

type Columns = FileMapping['columns']

/** A file can have thousands of columns; the first ones are enough to see what it is. */
const MAX_SHOWN = 200

/** The field a column is imported as; '' where it is not imported. */
export function fieldOf(columns: Columns, header: string): string {
  return Object.entries(columns).find(([, column]) => column === header)?.[0] ?? ''
}

/** The mapping with the column imported as the field, or not at all for ''. A column has one field and a field one column. */
export function assignField(columns: Columns, header: string, field: string): Columns {
  const others = Object.entries(columns).filter(([name, column]) => name !== field && column !== header)
  return Object.fromEntries(field ? [...others, [field, header]] : others)
}

/** The columns to list: the first ones, and every one that is mapped. */
export function columnsToShow(found: Pick<Found, 'columns'>, mapping: FileMapping): Found['columns'] {
  const mapped = new Set(Object.values(mapping.columns))
  return found.columns.filter((column, index) => index < MAX_SHOWN || mapped.has(column.header))
}

/** Whether anything is taken from a column: as a field, as a line of its own, or to leave rows out. */
export function isUsed(mapping: FileMapping, header: string): boolean {
  const taken = [
    ...Object.values(mapping.columns),
    ...(mapping.extra_lines ?? []).map(each => each.column),
    ...(mapping.items ? [mapping.items.column] : []),
    ...(mapping.leave_out ?? []).flatMap(rule => [rule.column, ...(rule.also ? [rule.also.column] : [])]),
  ]
  return taken.some(
    name => name.split('|').some(part => part.toLowerCase() === header.toLowerCase()) || name === header,
  )
}

/** The columns that are still only guesses after a new choice of columns: a field whose column was changed is decided. */
export function stillUndecided(mapping: FileMapping, columns: Columns): string[] | undefined {
  const fieldOfName = (name: string) => name.replace(/^columns\./, '')
  return mapping.undecided?.filter(name => columns[fieldOfName(name)] === mapping.columns[fieldOfName(name)])
}

export function isSameMapping(one: FileMapping, other: FileMapping): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

/** Above this share of rejected lines a file is refused, unless the user accepts it. */
const MAX_REJECTED_SHARE = 0.02

export interface Acceptance {
  /** Lines that can be imported. */
  valid: number
  /** The share of lines that would be rejected. */
  rejectedShare: number
  needsConsent: boolean
  canImport: boolean
  /** What the API may reject without refusing the file, in per cent. */
  maxRejected: number
}

/** Whether the file can be imported as it is: not while it is unreadable, leaves questions open or its mapping is being changed. */
export function assess(
  found: Pick<Found, 'rows' | 'rejected' | 'left_out'>,
  { isUnreadable, isChanged, hasConsent }: { isUnreadable: boolean; isChanged: boolean; hasConsent: boolean },
): Acceptance {
  const lines = found.rows - countLeftOut(found)
  const valid = lines - found.rejected
  const rejectedShare = found.rejected / Math.max(1, lines)
  const needsConsent = rejectedShare > MAX_REJECTED_SHARE
  return {
    valid,
    rejectedShare,
    needsConsent,
    canImport: !isUnreadable && !isChanged && valid > 0 && (!needsConsent || hasConsent),
    maxRejected: 100 * (needsConsent ? 1 : MAX_REJECTED_SHARE),
  }
}
