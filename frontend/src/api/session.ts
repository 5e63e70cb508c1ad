/** Who is signed in. The access token stays in memory; the refresh token is a cookie this script cannot read. */
import type { SignedIn, User } from './shapes'

export interface SessionState {
  phase: 'unknown' | 'out' | 'in' | 'expired'
  user: User | null
}

let state: SessionState = { phase: 'unknown', user: null }
let token: string | null = null
let starting: Promise<void> | null = null
const listeners = new Set<() => void>()

function set(next: SessionState) {
  state = next
  for (const notify of listeners) notify()
}

declare global {
  interface Window {
    /** The first refresh, started by begin.js before this file was loaded. */
    firstRefresh?: Promise<Response> | undefined
  }
}

/** One refresh at a time over all tabs: a refresh token used twice looks stolen and ends every session of its family. */
async function refresh(): Promise<boolean> {
  const ask = () => fetch('/api/auth/refresh', { method: 'POST', headers: { 'X-Foresell': '1' } })
  const pending = window.firstRefresh ?? (navigator.locks ? navigator.locks.request('foresell-refresh', ask) : ask())
  window.firstRefresh = undefined
  const response = await pending
  if (response.status === 200) return accept((await response.json()) as SignedIn)
  if (response.status < 500 && response.status !== 429) end()
  return false
}

function accept(signedIn: SignedIn): true {
  token = signedIn.access_token
  // A refresh that began before, without this session's cookie, must not end it.
  starting = Promise.resolve()
  window.firstRefresh = undefined
  set({ phase: 'in', user: signedIn.user })
  return true
}

function end() {
  token = null
  set(
    state.phase === 'in' || state.phase === 'expired'
      ? { phase: 'expired', user: state.user }
      : { phase: 'out', user: null },
  )
}

let refreshing: Promise<boolean> | null = null

export const session = {
  get: () => state,
  token: () => token,
  accept,
  /** Renews the access token by the cookie. Calls at the same time share one request. */
  refresh() {
    refreshing ??= refresh().finally(() => {
      refreshing = null
    })
    return refreshing
  },
  /** Once per page load: checks whether the cookie still holds a session; `unknown` while the server does not answer. */
  start() {
    starting ??= session
      .refresh()
      .catch(() => false)
      .then(() => {
        if (state.phase === 'unknown') starting = null
      })
    return starting
  },
  setToken(fresh: string) {
    token = fresh
  },
  setUser(user: User) {
    set({ ...state, user })
  },
  /** A role requires a second factor since this page was loaded. The next page opened is where it is set up. */
  requireSecondFactor() {
    if (state.user && !state.user.second_factor_due) set({ ...state, user: { ...state.user, second_factor_due: true } })
  },
  forget() {
    token = null
    starting = null
    set({ phase: 'out', user: null })
  },
  subscribe(notify: () => void) {
    listeners.add(notify)
    return () => {
      listeners.delete(notify)
    }
  },
}
