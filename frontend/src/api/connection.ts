/** Whether the server can be reached, as the live stream and the browser report it. */
import { useSyncExternalStore } from 'react'

export type LiveState = 'connecting' | 'live' | 'offline'

export interface Connection {
  state: LiveState
  since: Date
}

let now: Connection = { state: 'connecting', since: new Date() }
const listeners = new Set<() => void>()

export const connection = {
  get: () => now,
  set(state: LiveState) {
    if (state === now.state) return
    now = { state, since: new Date() }
    for (const notify of listeners) notify()
  },
  subscribe(notify: () => void) {
    listeners.add(notify)
    return () => {
      listeners.delete(notify)
    }
  },
}

export const useConnection = () => useSyncExternalStore(connection.subscribe, connection.get)
