import { useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect } from 'react'
import { queries } from '@/api/queries'
import { lazyComponent } from '@/ui/lazyComponent'

const CustomerPanel = lazyComponent(() => import('./CustomerPanel'))
const PRELOAD_AFTER_MS = 800

/**
 * The customer open next to the list, kept in the URL as `open`. The panel is loaded shortly after the list, and a
 * customer's data when the pointer or focus reaches the row, so that it opens without a wait.
 */
export function useCustomerPanel() {
  const { open } = useSearch({ strict: false })
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  useEffect(() => {
    const timer = setTimeout(CustomerPanel.preload, PRELOAD_AFTER_MS)
    return () => clearTimeout(timer)
  }, [])

  function show(customer: string | undefined) {
    const replace = open !== undefined && customer !== undefined
    void navigate({ to: '.', search: search => ({ ...search, open: customer }) as never, replace, resetScroll: false })
  }
  const close = () => show(undefined)
  const prepare = (customer: string) => void queryClient.prefetchQuery(queries.customer(customer))
  return { open, show, prepare, panel: open ? <CustomerPanel customerId={open} onClose={close} /> : null }
}
