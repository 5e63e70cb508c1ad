import { getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { Page } from '@/components/Page'
import { useMay } from '@/components/signedIn'
import { Tabs } from '@/components/Tabs'
import { Audit } from './Audit'
import { Keys } from './Keys'
import { Roles } from './Roles'
import { TABS } from './search'
import { Teams } from './Teams'
import { Users } from './Users'

const route = getRouteApi('/shell/admin')

const PARTS: Record<(typeof TABS)[number]['value'], () => ReactNode> = {
  users: Users,
  roles: Roles,
  teams: Teams,
  keys: Keys,
  audit: Audit,
}

/** Who may do what, by which keys, and what has been done. */
export default function Admin() {
  const may = useMay()
  const theirs = TABS.filter(tab => may(tab.needs))
  const { tab = theirs[0]?.value ?? 'users' } = route.useSearch()
  const Part = PARTS[tab]
  return (
    <Page title="Admin" sentence="Who may do what, by which keys, and what has been done">
      <Tabs label="Parts of administration" now={tab} tabs={theirs} />
      <Part />
    </Page>
  )
}
