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
import { RejectsButton } from './Rejects'
import { Undo } from './Undo'

const route = getRouteApi('/shell/import')

/** What has been loaded so far, newest first; each load can be taken back. */
export function Batches() {
  const { page = 1 } = route.useSearch()
  const navigate = useNavigate({ from: '/import' })
  const query = useQuery(ask.batches(page))
  const [undoing, setUndoing] = useState<Batch | null>(null)
  return (
    <Card title="Loads" note="Each line read was loaded, known already, or rejected" flush>
      <Faced
        query={query}
        waiting={
          <div className={css.waiting}>
            <Waiting rows={6} height={20} gap={20} />
          </div>
        }
        isEmpty={answer => answer.total === 0}
        empty={<Empty title="Nothing has been loaded yet">Drop the first file above.</Empty>}
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
      {undoing && <Undo batch={undoing} onClose={() => setUndoing(null)} />}
    </Card>
  )
}

function Table({ batches, onUndo }: { batches: Batch[]; onUndo: (batch: Batch) => void }) {
  const may = useMay()
  return (
    <DataTable
      caption="Loads"
      rowKey={batch => batch.batch_id}
      rows={batches}
      columns={[
        { name: 'batch_id', label: 'No.', numeric: true },
        {
          name: 'file_name',
          label: 'File',
          show: batch => (
            <>
              {batch.file_name} {batch.state === 'undone' && <Chip>undone</Chip>}
            </>
          ),
        },
        { name: 'source', label: 'Source' },
        { name: 'rows', label: 'Rows are' },
        { name: 'lines_read', label: 'Read', numeric: true, show: batch => count(batch.lines_read) },
        { name: 'lines_loaded', label: 'Loaded', numeric: true, show: batch => count(batch.lines_loaded) },
        { name: 'lines_unchanged', label: 'Unchanged', numeric: true, show: batch => count(batch.lines_unchanged) },
        {
          name: 'lines_rejected',
          label: 'Rejected',
          numeric: true,
          show: batch =>
            batch.lines_rejected && may('imports.write') ? (
              <RejectsButton batchId={batch.batch_id} lines={batch.lines_rejected} />
            ) : (
              count(batch.lines_rejected)
            ),
        },
        {
          name: 'loaded_at',
          label: 'Loaded',
          show: batch => (batch.undone_at ? `undone ${moment(batch.undone_at)}` : moment(batch.loaded_at)),
        },
        {
          name: 'state',
          label: 'Take back',
          show: batch =>
            batch.state === 'loaded' &&
            may('imports.undo') && (
              <Button
                variant="subtle"
                size="compact-sm"
                leftSection={<IconArrowBackUp size={16} aria-hidden />}
                aria-label={`Undo load ${batch.batch_id}`}
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
