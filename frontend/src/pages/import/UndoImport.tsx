import { Checkbox } from '@mantine/core'
import '@/ui/theme/inputs'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { api, Problem, read } from '@/api/client'
import { queries } from '@/api/queries'
import type { Batch } from '@/api/shapes'
import { ConfirmDialog } from '@/ui/ConfirmDialog'
import { plural } from '@/ui/format'
import { showToast } from '@/ui/toasts'
import css from './Import.module.css'

/** Undoes an import after saying what that changes; stays open until it is done. */
export function UndoImport({ batch, onClose }: { batch: Batch; onClose: () => void }) {
  const queryClient = useQueryClient()
  const [withLater, setWithLater] = useState(false)
  const undo = useMutation({
    mutationFn: () =>
      read(
        api.POST('/api/batches/{batch_id}/undo', {
          params: { path: { batch_id: batch.batch_id } },
          body: { with_later: withLater, refresh: true },
        }),
      ),
  })
  const job = useQuery({ ...queries.job(undo.data?.job_id ?? 0), enabled: undo.data !== undefined }).data ?? undo.data
  const isDone = job?.state === 'done'
  const hasFailed = job?.state === 'failed' || job?.state === 'cancelled'
  useEffect(() => {
    if (!isDone) return
    showToast(`Import ${batch.batch_id} undone`, { tone: 'good' })
    void queryClient.invalidateQueries({ queryKey: ['batches'] })
    void queryClient.invalidateQueries({ queryKey: ['imports'] })
    onClose()
  }, [isDone, batch.batch_id, queryClient, onClose])
  return (
    <ConfirmDialog
      title={`Undo import ${batch.batch_id}?`}
      action="Undo import"
      isBusy={undo.isPending || (job !== undefined && !hasFailed)}
      error={
        hasFailed ? new Problem(409, { detail: job.error ?? 'Undo was cancelled.', remedy: job.remedy }) : undo.error
      }
      onConfirm={() => undo.mutate()}
      onClose={onClose}
    >
      <p>
        This removes {plural(batch.lines_loaded, 'line')} of {batch.file_name} and restores the data they replaced.
        Everything is then exactly as it was before this import.
      </p>
      <Checkbox
        checked={withLater}
        onChange={event => setWithLater(event.currentTarget.checked)}
        label={`Also undo later imports from ${batch.source}`}
        description="Needed if a later import changed the same data"
      />
      <p className={css.dim}>
        An update follows, so that lists and figures show the change. To get the data back, import the file again.
      </p>
    </ConfirmDialog>
  )
}
