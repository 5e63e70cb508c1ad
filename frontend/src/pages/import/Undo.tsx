import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, read } from '@/api/client'
import type { Batch } from '@/api/shapes'
import { ConfirmDialog } from '@/components/ConfirmDialog'
import { many } from '@/components/format'
import { say } from '@/components/toasts'
import css from './Import.module.css'

/** Takes a load back, after saying what that changes. */
export function Undo({ batch, onClose }: { batch: Batch; onClose: () => void }) {
  const queries = useQueryClient()
  const undo = useMutation({
    mutationFn: () =>
      read(api.POST('/api/batches/{batch_id}/undo', { params: { path: { batch_id: batch.batch_id } } })),
    onSuccess: () => {
      say(`Load ${batch.batch_id} is being taken back`)
      void queries.invalidateQueries({ queryKey: ['batches'] })
      void queries.invalidateQueries({ queryKey: ['imports'] })
      onClose()
    },
  })
  return (
    <ConfirmDialog
      title={`Undo load ${batch.batch_id}?`}
      action="Undo the load"
      isBusy={undo.isPending}
      error={undo.error}
      onConfirm={() => undo.mutate()}
      onClose={onClose}
    >
      <p>
        {many(batch.lines_loaded, 'line')} of {batch.file_name} go, and what they had replaced comes back: the data is
        then exactly what it was before this load.
      </p>
      <p className={css.dim}>
        What is shown changes with the next published run. To have the load back, load the file again.
      </p>
    </ConfirmDialog>
  )
}
