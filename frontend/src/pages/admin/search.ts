import { integer, isoDay, oneOf, searchParser, text } from '@/ui/searchParams'

export const TABS = [
  { value: 'users', label: 'Users', needs: 'users.manage' },
  { value: 'roles', label: 'Roles', needs: 'users.manage' },
  { value: 'teams', label: 'Teams', needs: 'users.manage' },
  { value: 'company', label: 'Company', needs: 'company.manage' },
  { value: 'keys', label: 'API keys', needs: 'keys.manage' },
  { value: 'audit', label: 'Audit log', needs: 'audit.read' },
  { value: 'alarms', label: 'Alarms', needs: 'audit.read' },
] as const

/** A customer number such as C000123, in any case. */
export function customerId(given: unknown): string | undefined {
  return typeof given === 'string' && /^c\d{6,12}$/i.test(given.trim()) ? given.trim().toUpperCase() : undefined
}

/** `q` finds a user, `user` is the one being edited; the rest filters the audit log. */
export const parseAdmin = searchParser({
  tab: oneOf(TABS.map(tab => tab.value)),
  q: text,
  user: integer,
  actor: integer,
  action: text,
  customer: customerId,
  from: isoDay,
  to: isoDay,
})

export type AdminSearch = ReturnType<typeof parseAdmin>
