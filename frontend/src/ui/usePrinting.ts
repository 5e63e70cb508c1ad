import { useSyncExternalStore } from 'react'

const paper = matchMedia('print')

function subscribe(tell: () => void) {
  paper.addEventListener('change', tell)
  return () => paper.removeEventListener('change', tell)
}

/** Whether the page is being put on paper, where nothing can be opened any more. */
export function usePrinting(): boolean {
  return useSyncExternalStore(subscribe, () => paper.matches)
}
