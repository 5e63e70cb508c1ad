import { Button, Modal } from '@mantine/core'
import '@/components/theme/dialogs'
import { IconDownload } from '@tabler/icons-react'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { api, read } from '@/api/client'
import { ask } from '@/api/questions'
import type { Batch, Reject } from '@/api/shapes'
import { saveAs, toCsv } from '@/components/csv'
import { DataTable } from '@/components/DataTable'
import { Empty, Faced } from '@/components/faces'
import { count, many } from '@/components/format'
import { sayProblem } from '@/components/toasts'
import css from './Import.module.css'

const REJECTS_SHOWN = 100
const REJECTS_AT_ONCE = 1_000
const REJECT_COLUMNS = [
  { name: 'line', label: 'Line', numeric: true },
  { name: 'column', label: 'Column' },
  { name: 'value', label: 'Value', wrap: true },
  { name: 'reason', label: 'Why', wrap: true },
] as const

/** How many lines were rejected; opens them. */
export function RejectsButton({ batch, children }: { batch: Batch; children?: ReactNode }) {
  const navigate = useNavigate({ from: '/import' })
  return (
    <button
      type="button"
      className={css.link}
      onClick={() => void navigate({ search: now => ({ ...now, batch: batch.batch_id }), resetScroll: false })}
    >
      {children ?? count(batch.lines_rejected)}
      <span className="only-read"> rejected lines of load {batch.batch_id}, show them</span>
    </button>
  )
}

/** The lines of a load that stayed outside, to be read or taken along as a file. */
export function Rejects({ batch }: { batch: Batch }) {
  const navigate = useNavigate({ from: '/import' })
  const query = useQuery(ask.rejects(batch.batch_id, 1, REJECTS_SHOWN))
  const save = useMutation({
    mutationFn: () => everyReject(batch),
    onSuccess: rejects =>
      saveAs(new Blob([toCsv([...REJECT_COLUMNS], rejects)], { type: 'text/csv' }), `rejects-${batch.batch_id}.csv`),
    onError: sayProblem,
  })
  return (
    <Modal
      opened
      onClose={() => void navigate({ search: now => ({ ...now, batch: undefined }), resetScroll: false })}
      size="xl"
      title={`Rejected lines of load ${batch.batch_id}`}
    >
      <Faced
        query={query}
        isEmpty={answer => answer.data.length === 0}
        empty={<Empty title="The list of rejects is no longer kept">Load the file again to see them.</Empty>}
      >
        {answer => (
          <div className={css.rejects}>
            <div className={css.rejectsHead}>
              <p className={css.dim}>
                {answer.data.length < answer.total
                  ? `The first ${count(answer.data.length)} of ${many(answer.total, 'problem')}`
                  : many(answer.total, 'problem')}
              </p>
              <Button
                variant="default"
                leftSection={<IconDownload size={16} aria-hidden />}
                loading={save.isPending}
                onClick={() => save.mutate()}
              >
                CSV
              </Button>
            </div>
            <DataTable caption="Rejected lines" columns={[...REJECT_COLUMNS]} rows={answer.data} />
          </div>
        )}
      </Faced>
    </Modal>
  )
}

async function everyReject(batch: Batch): Promise<Reject[]> {
  const found: Reject[] = []
  for (let page = 1; ; page++) {
    const query = { page, limit: REJECTS_AT_ONCE }
    const answer = await read(
      api.GET('/api/batches/{batch_id}/rejects', { params: { path: { batch_id: batch.batch_id }, query } }),
    )
    found.push(...answer.data)
    if (answer.data.length < REJECTS_AT_ONCE || found.length >= answer.total) return found
  }
}
