import { Button } from '@mantine/core'
import { IconArrowBackUp } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { BATCHES_A_PAGE, queries } from '@/api/queries'
import type { Batch } from '@/api/shapes'
import { usePermissions } from '@/api/useSession'
import { Badge } from '@/ui/Badge'
import { DataTable } from '@/ui/DataTable'
import { count, dateTime } from '@/ui/format'
import { Card } from '@/ui/Page'
import { Pager } from '@/ui/Pager'
import { EmptyState, Loading, QueryState } from '@/ui/states'
import { Differences } from './Differences'
import css from './Import.module.css'
import { rowsName } from './labels'
import { RejectsDownload } from './RejectsDownload'
import { UndoImport } from './UndoImport'

const route = getRouteApi('/shell/import')

/** Every import so far, newest first; each can be undone. */
export function ImportHistory() {
  const { page = 1 } = route.useSearch()
  const navigate = useNavigate({ from: '/import' })
  const query = useQuery(queries.batches(page))
  const [undoing, setUndoing] = useState<Batch | null>(null)
  return (
    <Card title="Import history" note="Lines read = imported + unchanged + rejected" flush>
      <QueryState
        query={query}
        loading={
          <div className={css.waiting}>
            <Loading rows={6} height={20} gap={20} />
          </div>
        }
        isEmpty={answer => answer.total === 0}
        empty={<EmptyState title="No imports yet">Drop your first file above.</EmptyState>}
      >
        {answer => (
          <>
            <Table batches={answer.data} onUndo={setUndoing} />
            <div className={css.pager}>
              <Pager
                page={page}
                pages={Math.ceil(answer.total / BATCHES_A_PAGE)}
                onPage={next => void navigate({ search: now => ({ ...now, page: next }), resetScroll: false })}
              />
            </div>
          </>
        )}
      </QueryState>
      {undoing && <UndoImport batch={undoing} onClose={() => setUndoing(null)} />}
    </Card>
  )
}

function Table({ batches, onUndo }: { batches: Batch[]; onUndo: (batch: Batch) => void }) {
  const can = usePermissions()
  return (
    <DataTable
      caption="Import history"
      rowKey={batch => batch.batch_id}
      rows={batches}
      columns={[
        { name: 'batch_id', label: 'No.', numeric: true },
        {
          name: 'file_name',
          label: 'File',
          show: batch => (
            <>
              {batch.file_name} {batch.state === 'undone' && <Badge>Undone</Badge>}
              {batch.differing_columns ? <Differences batch={batch} /> : null}
            </>
          ),
        },
        { name: 'source', label: 'Source' },
        { name: 'rows', label: 'Type', show: batch => rowsName(batch.rows) },
        { name: 'lines_read', label: 'Lines read', numeric: true, show: batch => count(batch.lines_read) },
        { name: 'lines_loaded', label: 'Imported', numeric: true, show: batch => count(batch.lines_loaded) },
        { name: 'lines_unchanged', label: 'Unchanged', numeric: true, show: batch => count(batch.lines_unchanged) },
        {
          name: 'lines_rejected',
          label: 'Rejected',
          numeric: true,
          show: batch =>
            batch.lines_rejected && can('imports.write') ? (
              <RejectsDownload batchId={batch.batch_id} lines={batch.lines_rejected} />
            ) : (
              count(batch.lines_rejected)
            ),
        },
        {
          name: 'loaded_at',
          label: 'Date',
          wrap: true,
          show: batch => (batch.undone_at ? `Undone ${dateTime(batch.undone_at)}` : dateTime(batch.loaded_at)),
        },
        {
          name: 'state',
          label: 'Action',
          show: batch =>
            batch.state === 'loaded' &&
            can('imports.undo') && (
              <Button
                variant="subtle"
                size="compact-sm"
                leftSection={<IconArrowBackUp size={16} aria-hidden />}
                aria-label={`Undo import ${batch.batch_id}`}
                onClick={() => onUndo(batch)}
              >
                Undo
              </Button>
            ),
        },
      ]}
    />
  )
}
