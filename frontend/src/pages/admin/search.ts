import { isoDay, oneOf, reader, text, whole } from '@/components/search'

export const TABS = [
  { value: 'users', label: 'Users' },
  { value: 'roles', label: 'Roles' },
  { value: 'teams', label: 'Teams' },
  { value: 'audit', label: 'Audit' },
] as const

/** `q`: find a user; `user`: the one being changed; the rest narrows the audit. */
export const parseAdmin = reader({
  tab: oneOf(TABS.map(tab => tab.value)),
  q: text,
  user: whole,
  actor: whole,
  action: text,
  from: isoDay,
  to: isoDay,
})

export type AdminSearch = ReturnType<typeof parseAdmin>
