import { useQuery } from '@tanstack/react-query'
import { toReaderWords } from '@/api/client'
import type { Sync } from '@/api/shapes'
import { type Column, DataTable } from '@/ui/DataTable'
import { Dialog } from '@/ui/Dialog'
import { count, dateTime, plural } from '@/ui/format'
import { EmptyState, QueryState } from '@/ui/states'
import css from './Sources.module.css'
import { sourceQueries } from './sourceQueries'

const STATES = { running: 'Reading', done: 'Done', failed: 'Failed', held: 'Waits for you', cancelled: 'Stopped' }

/** The syncs of a source, the newest first. */
export function SyncHistory({ source, onClose }: { source: string; onClose: () => void }) {
  const query = useQuery(sourceQueries.syncs(source))
  const columns: Column<Sync>[] = [
    { name: 'started_at', label: 'Began', show: sync => dateTime(sync.started_at) },
    { name: 'state', label: 'Result', show: sync => STATES[sync.state] },
    { name: 'records', label: 'Read', numeric: true, show: sync => count(sync.records) },
    { name: 'changed', label: 'New or changed', numeric: true, show: sync => count(sync.changed) },
    { name: 'deleted', label: 'Gone', numeric: true, show: sync => count(sync.deleted) },
    { name: 'batch_ids', label: 'Batch', show: sync => sync.batch_ids.join(', ') || '–' },
    { name: 'requests', label: 'Calls', numeric: true, show: sync => count(sync.requests) },
    {
      name: 'warnings',
      label: 'Remarks',
      wrap: true,
      show: sync => <span className={css.remarks}>{describe(sync)}</span>,
    },
  ]
  return (
    <Dialog size="xl" title={`Syncs of ${source}`} onClose={onClose}>
      <QueryState query={query} isEmpty={({ data }) => data.length === 0} empty={<EmptyState title="Not read yet" />}>
        {({ data }) => <DataTable caption="Syncs" rowKey={sync => sync.sync_id} rows={data} columns={columns} />}
      </QueryState>
    </Dialog>
  )
}

function describe(sync: Sync): string {
  const remarks = [toReaderWords(sync.error), toReaderWords(sync.remedy), ...sync.warnings]
  if (sync.totals_compared && !sync.mismatches.length)
    remarks.push(`${plural(sync.totals_compared, 'month')} agree with the source's own report.`)
  for (const { name, stated, held } of sync.mismatches.slice(0, 3))
    remarks.push(`${name}: the source says ${stated}, ${held} is loaded.`)
  return remarks.filter(Boolean).join(' ') || '–'
}
