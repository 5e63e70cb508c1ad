import { useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect } from 'react'
import { queries } from '@/api/queries'
import { lazyComponent } from '@/ui/lazyComponent'

const CustomerPanel = lazyComponent(() => import('./CustomerPanel'))
const SOON_MS = 800

/**
 * The customer open beside the list, kept in the address as `open`. The panel is fetched soon after the list, and a
 * customer's data when the pointer or the focus comes near: opening costs no wait.
 */
export function useCustomerPanel() {
  const { open } = useSearch({ strict: false })
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  useEffect(() => {
    const soon = setTimeout(CustomerPanel.preload, SOON_MS)
    return () => clearTimeout(soon)
  }, [])

  function show(customer: string | undefined) {
    const replace = open !== undefined && customer !== undefined
    void navigate({ to: '.', search: search => ({ ...search, open: customer }) as never, replace, resetScroll: false })
  }
  const close = () => show(undefined)
  const prepare = (customer: string) => void queryClient.prefetchQuery(queries.customer(customer))
  return { open, show, prepare, panel: open ? <CustomerPanel customerId={open} onClose={close} /> : null }
}
