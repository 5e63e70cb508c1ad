import { useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect } from 'react'
import { ask } from '@/api/questions'
import { later } from './later'

const CustomerPanel = later(() => import('./CustomerPanel'))
const SOON_MS = 800

/**
 * The customer open beside the list, kept in the address as `open`. The panel is fetched soon after the list, and a
 * customer's data when the pointer or the focus comes near: opening costs no wait.
 */
export function usePanel() {
  const { open } = useSearch({ strict: false })
  const navigate = useNavigate()
  const queries = useQueryClient()
  useEffect(() => {
    const soon = setTimeout(CustomerPanel.fetch, SOON_MS)
    return () => clearTimeout(soon)
  }, [])

  function show(customer: string | undefined) {
    const replace = open !== undefined && customer !== undefined
    void navigate({ to: '.', search: search => ({ ...search, open: customer }) as never, replace, resetScroll: false })
  }
  const close = () => show(undefined)
  const prepare = (customer: string) => void queries.prefetchQuery(ask.customer(customer))
  return { open, show, prepare, panel: open ? <CustomerPanel customerId={open} onClose={close} /> : null }
}
