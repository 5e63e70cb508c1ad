import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type ReactNode, useEffect } from 'react'
import { queries } from '@/api/queries'
import { session } from '@/api/session'
import type { User } from '@/api/shapes'
import { roleName } from '@/features/session/permissions'
import { Page } from '@/ui/Page'
import { Loading, QueryState } from '@/ui/states'
import { Tabs } from '@/ui/Tabs'
import { ApiKeys } from './ApiKeys'
import { Devices } from './Devices'
import { Profile } from './Profile'
import { SignInMethods } from './SignInMethods'
import { TABS } from './search'

const route = getRouteApi('/shell/me')

const TAB_CONTENT: Record<(typeof TABS)[number]['value'], (props: { me: User }) => ReactNode> = {
  profile: Profile,
  'sign-in': SignInMethods,
  devices: Devices,
  keys: ApiKeys,
}

/** The user's own account. */
export default function Me() {
  const { tab = 'profile' } = route.useSearch()
  const query = useQuery(queries.me())
  const Content = TAB_CONTENT[tab]
  useEffect(() => {
    if (query.data) session.setUser(query.data)
  }, [query.data])
  return (
    <Page
      title="My account"
      sentence={
        query.data
          ? [query.data.email, ...query.data.roles.map(roleName), query.data.team].filter(Boolean).join(' · ')
          : ' '
      }
    >
      <Tabs label="My account" now={tab} tabs={TABS} />
      <QueryState query={query} loading={<Loading rows={4} height={64} gap={16} />}>
        {me => <Content me={me} />}
      </QueryState>
    </Page>
  )
}
