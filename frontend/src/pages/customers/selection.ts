/** The selected customers. They stay selected while the list is sorted, filtered or left, until the selection is cleared. */
import { useSyncExternalStore } from 'react'
import { session } from '@/api/session'
import type { SelectionBody } from '@/api/shapes'

export type Filters = NonNullable<SelectionBody['matching']>

/** Some customers, or all that matched the filters when they were selected; `ids` is null where they are too many to know. */
export type Selection =
  | { kind: 'some'; ids: ReadonlySet<string> }
  | { kind: 'matching'; filters: Filters; total: number; ids: ReadonlySet<string> | null; without: ReadonlySet<string> }

export const NONE: Selection = { kind: 'some', ids: new Set() }

let stored: { user: number | undefined; selection: Selection } = { user: undefined, selection: NONE }
const listeners = new Set<() => void>()

export function setSelection(selection: Selection) {
  stored = { user: session.get().user?.user_id, selection }
  for (const notify of listeners) notify()
}

function subscribe(listener: () => void) {
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
  }
}

/** The selection of the user who is signed in. */
export function useSelection(): Selection {
  return useSyncExternalStore(subscribe, () => (stored.user === session.get().user?.user_id ? stored.selection : NONE))
}

export function countSelected(selection: Selection): number {
  return selection.kind === 'some' ? selection.ids.size : selection.total - selection.without.size
}

/** Whether a customer is selected; undefined where only the server knows: under other filters than those selected by. */
export function isSelected(selection: Selection, customer: string, filters: Filters): boolean | undefined {
  if (selection.kind === 'some') return selection.ids.has(customer)
  if (selection.ids) return selection.ids.has(customer)
  if (selection.without.has(customer)) return false
  return areEqual(selection.filters, filters) || undefined
}

/** The selection with these customers added or taken out. */
export function change(selection: Selection, customers: string[], selected: boolean): Selection {
  if (selection.kind === 'matching' && !selection.ids) {
    const without = new Set(selection.without)
    for (const customer of customers) selected ? without.delete(customer) : without.add(customer)
    return { ...selection, without }
  }
  const ids = new Set(selection.ids)
  for (const customer of customers) selected ? ids.add(customer) : ids.delete(customer)
  return { kind: 'some', ids }
}

/** The selection as the API takes it; a selection by filters says how many they are, so that no others are changed. */
export function toBody(selection: Selection): SelectionBody {
  if (selection.kind === 'some') return { customer_ids: [...selection.ids] }
  return { matching: selection.filters, except_ids: [...selection.without], expected: countSelected(selection) }
}

export function areEqual(one: Filters, other: Filters): boolean {
  const parts = (filters: Filters) =>
    JSON.stringify(
      Object.entries(filters)
        .filter(([, value]) => value != null)
        .sort(),
    )
  return parts(one) === parts(other)
}
