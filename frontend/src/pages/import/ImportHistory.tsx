import { Button } from '@mantine/core'
import { IconArrowBackUp } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { ask, BATCHES_A_PAGE } from '@/api/questions'
import type { Batch } from '@/api/shapes'
import { DataTable } from '@/components/DataTable'
import { Empty, Faced, Waiting } from '@/components/faces'
import { count, moment } from '@/components/format'
import { Chip } from '@/components/marks'
import { Card } from '@/components/Page'
import { Pager } from '@/components/Pager'
import { useMay } from '@/components/signedIn'
import css from './Import.module.css'
import { rowsName } from './labels'
import { RejectsDownload } from './RejectsDownload'
import { UndoImport } from './UndoImport'

const route = getRouteApi('/shell/import')

/** Every import so far, newest first; each can be undone. */
export function ImportHistory() {
  const { page = 1 } = route.useSearch()
  const navigate = useNavigate({ from: '/import' })
  const query = useQuery(ask.batches(page))
  const [undoing, setUndoing] = useState<Batch | null>(null)
  return (
    <Card title="Import history" note="Lines read = imported + unchanged + rejected" flush>
      <Faced
        query={query}
        waiting={
          <div className={css.waiting}>
            <Waiting rows={6} height={20} gap={20} />
          </div>
        }
        isEmpty={answer => answer.total === 0}
        empty={<Empty title="No imports yet">Drop your first file above.</Empty>}
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
      </Faced>
      {undoing && <UndoImport batch={undoing} onClose={() => setUndoing(null)} />}
    </Card>
  )
}

function Table({ batches, onUndo }: { batches: Batch[]; onUndo: (batch: Batch) => void }) {
  const may = useMay()
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
              {batch.file_name} {batch.state === 'undone' && <Chip>Undone</Chip>}
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
            batch.lines_rejected && may('imports.write') ? (
              <RejectsDownload batchId={batch.batch_id} lines={batch.lines_rejected} />
            ) : (
              count(batch.lines_rejected)
            ),
        },
        {
          name: 'loaded_at',
          label: 'Date',
          show: batch => (batch.undone_at ? `Undone ${moment(batch.undone_at)}` : moment(batch.loaded_at)),
        },
        {
          name: 'state',
          label: 'Action',
          show: batch =>
            batch.state === 'loaded' &&
            may('imports.undo') && (
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
