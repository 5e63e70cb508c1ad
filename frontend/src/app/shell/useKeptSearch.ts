import { useRouter } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'

/** Pages with filters that the user comes back to. */
const KEPT = ['/customers', '/calls', '/segments', '/sales']

/**
 * The filters with which a page was last left, so that the menu returns to them. On the page itself there are none: its own
 * entry of the menu shows everything again.
 */
export function useKeptSearch() {
  const router = useRouter()
  const kept = useRef<Record<string, object>>({})
  useEffect(
    () =>
      router.subscribe('onBeforeNavigate', ({ fromLocation, toLocation }) => {
        const path = fromLocation?.pathname
        if (!path || !KEPT.includes(path) || path === toLocation.pathname) return
        kept.current[path] = { ...fromLocation.search, open: undefined }
      }),
    [router],
  )
  return (path: string) => (path === router.state.location.pathname ? {} : (kept.current[path] ?? {}))
}
