import { useNavigate, useSearch } from '@tanstack/react-router'

/** The customer open beside the list, kept in the address as `open`. */
export function usePanel() {
  const { open } = useSearch({ strict: false })
  const navigate = useNavigate()
  const show = (customer: string | undefined) =>
    void navigate({
      to: '.',
      search: search => ({ ...search, open: customer }) as never,
      replace: open !== undefined && customer !== undefined,
      resetScroll: false,
    })
  return { open, show, close: () => show(undefined) }
}
