import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { queries } from '@/api/queries'
import type { Import as ImportData } from '@/api/shapes'
import { Badge } from '@/ui/Badge'
import { dateTime, plural } from '@/ui/format'
import { Card, Page } from '@/ui/Page'
import { Loading, QueryState } from '@/ui/states'
import { FileDrop } from './FileDrop'
import css from './Import.module.css'
import { ImportHistory } from './ImportHistory'
import { ImportSteps } from './ImportSteps'

const route = getRouteApi('/shell/import')

/** Importing files: upload, check, import, undo. */
export default function Import() {
  const { import: chosen } = route.useSearch()
  return chosen === undefined ? <Start /> : <Chosen key={chosen} id={chosen} />
}

function Start() {
  return (
    <Page
      title="Import"
      sentence="Import orders, customers or products. You check every file before anything is imported."
    >
      <FileDrop />
      <Lists />
    </Page>
  )
}

/** The history waits for the list above it, which would otherwise push it down when it arrives. */
function Lists() {
  const imports = useQuery(queries.imports())
  if (imports.isPending) return <Loading rows={6} height={20} gap={20} />
  return (
    <>
      <OpenImports imports={imports.data?.data ?? []} />
      <ImportHistory />
    </>
  )
}

const OPEN: Partial<Record<ImportData['state'], string>> = {
  inspecting: 'Reading the file',
  ready: 'Ready to check',
  loading: 'Importing',
  unreadable: 'Needs changes',
  failed: 'Failed',
}

/** How many questions keep a file from being imported; 0 where something else does. */
function countQuestions({ state, job }: ImportData): number {
  return state === 'unreadable' ? Number(job?.result.questions ?? 0) : 0
}

/** Uploaded files that are neither imported nor discarded; absent when there are none. */
function OpenImports({ imports }: { imports: ImportData[] }) {
  const open = imports.filter(one => one.state in OPEN)
  if (!open.length) return null
  return (
    <Card title="Not imported yet" flush>
      <ul className={css.open}>
        {open.map(one => (
          <li key={one.import_id}>
            <Link to="/import" search={{ import: one.import_id }} className={css.file}>
              {one.file_name}
            </Link>
            <Badge tone={one.state === 'unreadable' || one.state === 'failed' ? 'warn' : 'brand'}>
              {countQuestions(one) ? plural(countQuestions(one), 'question') : OPEN[one.state]}
            </Badge>
            <span className={css.dim}>{dateTime(one.received_at)}</span>
          </li>
        ))}
      </ul>
    </Card>
  )
}

function Chosen({ id }: { id: number }) {
  const query = useQuery(queries.importJob(id))
  return (
    <QueryState
      query={query}
      loading={
        <Page title="Import">
          <Loading rows={6} height={48} gap={16} />
        </Page>
      }
    >
      {known => <ImportSteps known={known} />}
    </QueryState>
  )
}
