import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { ask } from '@/api/questions'
import type { Import as ImportData } from '@/api/shapes'
import { Faced, Waiting } from '@/components/faces'
import { moment } from '@/components/format'
import { Chip } from '@/components/marks'
import { Card, Page } from '@/components/Page'
import { Batches } from './Batches'
import { Drop } from './Drop'
import css from './Import.module.css'
import { OneImport } from './OneImport'

const route = getRouteApi('/shell/import')

/** Bringing in files: drop, check what was seen, load, and take back. */
export default function Import() {
  const { import: chosen } = route.useSearch()
  return chosen === undefined ? <Start /> : <Chosen key={chosen} id={chosen} />
}

function Start() {
  return (
    <Page
      title="Import"
      sentence="Orders, customers or products. Nothing is loaded before you have seen what it holds."
    >
      <Drop />
      <Rows />
    </Page>
  )
}

/** The loads wait for the files above them: a card that came later would push them down. */
function Rows() {
  const imports = useQuery(ask.imports())
  if (imports.isPending) return <Waiting rows={6} height={20} gap={20} />
  return (
    <>
      <Open imports={imports.data?.data ?? []} />
      <Batches />
    </>
  )
}

const OPEN: Partial<Record<ImportData['state'], string>> = {
  inspecting: 'being read',
  ready: 'to be checked',
  loading: 'loading',
  unreadable: 'not loadable as it is',
  failed: 'failed',
}

/** Files handed over and neither loaded nor thrown away; absent when there are none. */
function Open({ imports }: { imports: ImportData[] }) {
  const open = imports.filter(each => each.state in OPEN)
  if (!open.length) return null
  return (
    <Card title="Not loaded yet" flush>
      <ul className={css.open}>
        {open.map(each => (
          <li key={each.import_id}>
            <Link to="/import" search={{ import: each.import_id }} className={css.file}>
              {each.file_name}
            </Link>
            <Chip tone={each.state === 'unreadable' || each.state === 'failed' ? 'warn' : 'brand'}>
              {OPEN[each.state]}
            </Chip>
            <span className={css.dim}>{moment(each.received_at)}</span>
          </li>
        ))}
      </ul>
    </Card>
  )
}

function Chosen({ id }: { id: number }) {
  const query = useQuery(ask.importJob(id))
  return (
    <Faced
      query={query}
      waiting={
        <Page title="Import">
          <Waiting rows={6} height={48} gap={16} />
        </Page>
      }
    >
      {known => <OneImport known={known} />}
    </Faced>
  )
}
