import { getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { usePermissions } from '@/api/useSession'
import { Page } from '@/ui/Page'
import { Tabs } from '@/ui/Tabs'
import { Alarms } from './Alarms'
import { ApiKeys } from './ApiKeys'
import { Audit } from './Audit'
import { Company } from './Company'
import { Roles } from './Roles'
import { TABS } from './search'
import { Teams } from './Teams'
import { Users } from './Users'

const route = getRouteApi('/shell/admin')

const TAB_CONTENT: Record<(typeof TABS)[number]['value'], () => ReactNode> = {
  users: Users,
  roles: Roles,
  teams: Teams,
  company: Company,
  keys: ApiKeys,
  audit: Audit,
  alarms: Alarms,
}

/** Users, roles, teams, the company, API keys, the audit log and alarms. */
export default function Admin() {
  const can = usePermissions()
  const allowed = TABS.filter(tab => can(tab.needs))
  const { tab = allowed[0]?.value ?? 'users' } = route.useSearch()
  const Content = TAB_CONTENT[tab]
  return (
    <Page title="Admin" sentence="Users, what they may do, and what they have done">
      <Tabs label="Administration" now={tab} tabs={allowed} />
      <Content />
    </Page>
  )
}
