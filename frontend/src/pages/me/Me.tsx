import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type ReactNode, useEffect } from 'react'
import { ask } from '@/api/questions'
import { session } from '@/api/session'
import type { User } from '@/api/shapes'
import { Faced, Waiting } from '@/components/faces'
import { Page } from '@/components/Page'
import { Tabs } from '@/components/Tabs'
import { Devices } from './Devices'
import { Keys } from './Keys'
import { Profile } from './Profile'
import { SignInWays } from './SignInWays'
import { TABS } from './search'

const route = getRouteApi('/shell/me')

const PARTS: Record<(typeof TABS)[number]['value'], (props: { me: User }) => ReactNode> = {
  profile: Profile,
  'sign-in': SignInWays,
  devices: Devices,
  keys: Keys,
}

/** One's own account. */
export default function Me() {
  const { tab = 'profile' } = route.useSearch()
  const query = useQuery(ask.me())
  const Part = PARTS[tab]
  useEffect(() => {
    if (query.data) session.setUser(query.data)
  }, [query.data])
  return (
    <Page
      title="Me"
      sentence={query.data ? [query.data.email, ...query.data.roles, query.data.team].filter(Boolean).join(' · ') : ' '}
    >
      <Tabs label="Parts of the account" now={tab} tabs={TABS} />
      <Faced query={query} waiting={<Waiting rows={4} height={64} gap={16} />}>
        {me => <Part me={me} />}
      </Faced>
    </Page>
  )
}
