import { Button } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import type { ConnectedSource } from '@/api/shapes'
import { usePermissions } from '@/api/useSession'
import { plural } from '@/ui/format'
import { Page } from '@/ui/Page'
import { EmptyState, QueryState } from '@/ui/states'
import { Connect } from './Connect'
import { SignInReturn } from './SignInReturn'
import { SourceCard } from './SourceCard'
import { SyncHistory } from './SyncHistory'
import { sourceQueries } from './sourceQueries'

/** Connected sources: their state in words, what they have brought, and what waits for a person. */
export default function Sources() {
  const can = usePermissions()
  const navigate = useNavigate({ from: '/sources' })
  const { source: chosen } = useSearch({ from: '/shell/sources' })
  const [isConnecting, setConnecting] = useState(false)
  const query = useQuery(sourceQueries.sources())
  const open = (source?: string) => void navigate({ search: { source }, resetScroll: false })
  const connect = (
    <>
      {can('enrichment.review') && (
        <Button component={Link} to="/enrichment" variant="default">
          Proposals of directories
        </Button>
      )}
      {can('sources.manage') && (
        <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setConnecting(true)}>
          Connect a source
        </Button>
      )}
    </>
  )
  return (
    <Page title="Sources" sentence={query.data ? summarize(query.data.data) : ' '} actions={connect}>
      <SignInReturn />
      <QueryState
        query={query}
        isEmpty={({ data }) => data.length === 0}
        empty={
          <EmptyState title="No source is connected">
            A connected source is read again and again: QuickBooks, Instagram, a Google spreadsheet, or a folder of
            Excel and CSV files. For a single file, use the Import page.
          </EmptyState>
        }
      >
        {({ data }) => data.map(source => <SourceCard key={source.source} source={source} onHistory={open} />)}
      </QueryState>
      {isConnecting && query.data && <Connect kinds={query.data.kinds} onClose={() => setConnecting(false)} />}
      {chosen && <SyncHistory source={chosen} onClose={() => open()} />}
    </Page>
  )
}

function summarize(sources: ConnectedSource[]): string {
  if (!sources.length) return 'None connected'
  const waiting = sources.filter(each => each.state === 'needs you' || each.state === 'held').length
  return `${plural(sources.length, 'source')} connected${waiting ? `, ${waiting} ${waiting === 1 ? 'needs' : 'need'} you` : ''}`
}
