import { Checkbox } from '@mantine/core'
import '@/components/theme/inputs'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { api, Problem, read } from '@/api/client'
import { ask } from '@/api/questions'
import type { Batch } from '@/api/shapes'
import { ConfirmDialog } from '@/components/ConfirmDialog'
import { many } from '@/components/format'
import { say } from '@/components/toasts'
import css from './Import.module.css'

/** Takes a load back, after saying what that changes; open until the worker has done it. */
export function Undo({ batch, onClose }: { batch: Batch; onClose: () => void }) {
  const queries = useQueryClient()
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
  const job = useQuery({ ...ask.job(undo.data?.job_id ?? 0), enabled: undo.data !== undefined }).data ?? undo.data
  const isDone = job?.state === 'done'
  const hasFailed = job?.state === 'failed' || job?.state === 'cancelled'
  useEffect(() => {
    if (!isDone) return
    say(`Load ${batch.batch_id} is taken back`, { tone: 'good' })
    void queries.invalidateQueries({ queryKey: ['batches'] })
    void queries.invalidateQueries({ queryKey: ['imports'] })
    onClose()
  }, [isDone, batch.batch_id, queries, onClose])
  return (
    <ConfirmDialog
      title={`Undo load ${batch.batch_id}?`}
      action="Undo the load"
      isBusy={undo.isPending || (job !== undefined && !hasFailed)}
      error={hasFailed ? new Problem(409, { detail: job.error ?? 'It was stopped.', remedy: job.remedy }) : undo.error}
      onConfirm={() => undo.mutate()}
      onClose={onClose}
    >
      <p>
        {many(batch.lines_loaded, 'line')} of {batch.file_name} go, and what they had replaced comes back: the data is
        then exactly what it was before this load.
      </p>
      <Checkbox
        checked={withLater}
        onChange={event => setWithLater(event.currentTarget.checked)}
        label={`Also the later loads of ${batch.source}`}
        description="Needed where a later load has built on this one."
      />
      <p className={css.dim}>
        A refresh follows, so that lists and figures show it. To have the load back, load the file again.
      </p>
    </ConfirmDialog>
  )
}
