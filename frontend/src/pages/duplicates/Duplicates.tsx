import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { identityQueries } from '@/features/identity/identity'
import { plural } from '@/ui/format'
import { Page } from '@/ui/Page'
import { Tabs } from '@/ui/Tabs'
import { Decided } from './Decided'
import { Models } from './Models'
import { Quality } from './Quality'
import { Queue } from './Queue'
import { Rules } from './Rules'
import { TABS } from './search'

const route = getRouteApi('/shell/duplicates')

const CONTENT: Record<(typeof TABS)[number]['value'], () => ReactNode> = {
  queue: Queue,
  decided: Decided,
  rules: Rules,
  quality: Quality,
  models: Models,
}

/** Which records are one customer: pairs to decide on, decisions, which values are shown, how good matching is, and its models. */
export default function Duplicates() {
  const { tab = 'queue' } = route.useSearch()
  const quality = useQuery(identityQueries.quality())
  const Content = CONTENT[tab]
  return (
    <Page
      title="Duplicates"
      sentence={
        quality.data &&
        (quality.data.open_reviews
          ? `${plural(quality.data.open_reviews, 'pair')} may be the same customer`
          : 'No open pairs')
      }
    >
      <Tabs label="Duplicates" now={tab} tabs={TABS} />
      <Content />
    </Page>
  )
}
