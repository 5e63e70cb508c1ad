import type { SavedView } from '@/api/shapes'
import { type CustomersSearch, parseCustomers } from './search'

/** Views everyone has. */
export const READY: { name: string; search: CustomersSearch }[] = [
  { name: 'Customers at risk, by last year’s revenue', search: { state: 'at risk', sort: 'last_year' } },
]

/** The search of a view, where filters that are not set are null. */
export function searchOf(view: SavedView): CustomersSearch {
  return parseCustomers({ ...view.filters, sort: view.sort })
}

/** The filters and the order of a search, as a view stores them. */
export function bodyOf({ open: _open, view: _view, sort, ...filters }: CustomersSearch) {
  return { filters, sort: sort ?? ('probability' as const) }
}

/** A view as it is saved. */
export function contentOf(view: SavedView) {
  const { name, description, shared_with } = view
  return { name, description, shared_with, ...bodyOf(searchOf(view)) }
}

/** Whether two searches show the same customers in the same order. */
export function isSameList(one: CustomersSearch, other: CustomersSearch): boolean {
  const parts = (search: CustomersSearch) => {
    const { filters, sort } = bodyOf(search)
    const set = Object.entries(filters).filter(([, value]) => value !== undefined)
    return JSON.stringify([sort, set.sort(([a], [b]) => a.localeCompare(b))])
  }
  return parts(one) === parts(other)
}
