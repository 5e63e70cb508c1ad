import { useSyncExternalStore } from 'react'
import { session } from './session'
import type { User } from './shapes'

export function useSession() {
  return useSyncExternalStore(session.subscribe, session.get)
}

/** The signed-in user; only for use inside the shell, which requires a session. Throws without one. */
export function useUser(): User {
  const { user } = useSession()
  if (!user) throw new Error('no user is signed in')
  return user
}

/** Whether the user holds a permission: hides what the API would refuse. */
export function usePermissions(): (permission: string) => boolean {
  const { user } = useSession()
  return permission => user?.permissions.includes(permission) ?? false
}
