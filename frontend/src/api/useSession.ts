import { useSyncExternalStore } from 'react'
import { session } from './session'
import type { User } from './shapes'

export function useSession() {
  return useSyncExternalStore(session.subscribe, session.get)
}

/** Who is signed in; only below the shell, which lets nobody else in. */
export function useUser(): User {
  const { user } = useSession()
  if (!user) throw new Error('nobody is signed in')
  return user
}

/** Whether the user holds a permission: hides what the API would refuse. */
export function usePermissions(): (permission: string) => boolean {
  const { user } = useSession()
  return permission => user?.permissions.includes(permission) ?? false
}
