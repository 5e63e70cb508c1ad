import { useEffect, useState } from 'react'

/** What is drawn only while it is open gives the focus back to where it was before, unless it has gone elsewhere. */
export function useReturnFocus() {
  const [from] = useState(() => document.activeElement)
  useEffect(
    () => () => {
      const isNowhere = !document.activeElement || document.activeElement === document.body
      if (isNowhere && from instanceof HTMLElement) from.focus({ preventScroll: true })
    },
    [from],
  )
}
