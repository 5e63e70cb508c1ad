import { integer, isoDay, oneOf, searchParser, text } from '@/ui/searchParams'

export const TABS = [
  { value: 'users', label: 'Users', needs: 'users.manage' },
  { value: 'roles', label: 'Roles', needs: 'users.manage' },
  { value: 'teams', label: 'Teams', needs: 'users.manage' },
  { value: 'keys', label: 'API keys', needs: 'keys.manage' },
  { value: 'audit', label: 'Audit log', needs: 'audit.read' },
] as const

/** `q` finds a user, `user` is the one being edited; the rest filters the audit log. */
export const parseAdmin = searchParser({
  tab: oneOf(TABS.map(tab => tab.value)),
  q: text,
  user: integer,
  actor: integer,
  action: text,
  from: isoDay,
  to: isoDay,
})

export type AdminSearch = ReturnType<typeof parseAdmin>
