import { useSyncExternalStore } from 'react'

const paper = matchMedia('print')

function subscribe(notify: () => void) {
  paper.addEventListener('change', notify)
  return () => paper.removeEventListener('change', notify)
}

/** Whether the page is being put on paper, where nothing can be opened any more. */
export function usePrinting(): boolean {
  return useSyncExternalStore(subscribe, () => paper.matches)
}
