import { useEffect, useRef } from 'react'

/** An event of a customer or visitor as the live stream has it. `skipped`: older ones of a burst that were not sent. */
export interface LiveCustomerEvent {
  seq: number
  type: string
  source: string
  occurred_at: string
  customer_id: string | null
  skipped: number
}

export const CUSTOMER_EVENT = 'foresell:customer-event'

/** Calls back for each event that arrives while the page is open. */
export function useCustomerEvents(onEvent: (event: LiveCustomerEvent) => void) {
  const current = useRef(onEvent)
  current.current = onEvent
  useEffect(() => {
    const hear = (heard: Event) => current.current((heard as CustomEvent<LiveCustomerEvent>).detail)
    addEventListener(CUSTOMER_EVENT, hear)
    return () => removeEventListener(CUSTOMER_EVENT, hear)
  }, [])
}
