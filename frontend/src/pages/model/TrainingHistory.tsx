import { Button } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, read } from '@/api/client'
import type { Model, Task } from '@/api/shapes'
import { usePermissions } from '@/api/useSession'
import { modelName } from '@/features/model/names'
import { Badge } from '@/ui/Badge'
import { DataTable } from '@/ui/DataTable'
import { Dialog } from '@/ui/Dialog'
import { ErrorText } from '@/ui/ErrorText'
import { asSentence, dateTime, day, lastDay } from '@/ui/format'
import { Card } from '@/ui/Page'
import { showToast } from '@/ui/toasts'

const STATES: Record<Model['state'], string> = {
  served: 'Earlier version',
  refused: 'Not used',
  withdrawn: 'Withdrawn',
}

/** Every model trained for the task, newest first, and the way back to the previous one. */
export function TrainingHistory({ models, task }: { models: Model[]; task: Task }) {
  const can = usePermissions()
  const [isAsking, setAsking] = useState(false)
  const served = models.filter(model => model.state === 'served')
  return (
    <Card
      title="Training history"
      actions={
        can('models.manage') &&
        served.length > 1 && (
          <Button variant="default" onClick={() => setAsking(true)}>
            Use previous model
          </Button>
        )
      }
      flush
    >
      <DataTable
        caption="Training history"
        rows={models}
        rowKey={model => model.model_id}
        columns={[
          { name: 'model_id', label: 'Version', numeric: true },
          { name: 'as_of', label: 'Data to', show: model => day(lastDay(model.as_of)) },
          { name: 'kind', label: 'Model', show: model => modelName(model.kind) },
          {
            name: 'state',
            label: 'Status',
            show: model => (
              <Badge tone={model.serving ? 'good' : 'plain'}>{model.serving ? 'In use' : STATES[model.state]}</Badge>
            ),
          },
          { name: 'reason', label: 'Reason', wrap: true, show: model => asSentence(model.reason) },
          { name: 'trained_at', label: 'Training date', show: model => dateTime(model.trained_at) },
        ]}
      />
      {isAsking && <UsePrevious task={task} onClose={() => setAsking(false)} />}
    </Card>
  )
}

function UsePrevious({ task, onClose }: { task: Task; onClose: () => void }) {
  const queryClient = useQueryClient()
  const rollBack = useMutation({
    mutationFn: () => read(api.POST('/api/models/{task}/rollback', { params: { path: { task } } })),
    onSuccess: done => {
      showToast(done.sentence, { tone: 'good' })
      void queryClient.invalidateQueries({ queryKey: ['models'] })
      onClose()
    },
  })
  return (
    <Dialog onClose={onClose} title="Use the previous model?">
      <p>
        The newest model is withdrawn; from the next update on, the one before it is used. Published predictions stay as
        they are.
      </p>
      <ErrorText error={rollBack.error} />
      <Button mt="md" loading={rollBack.isPending} onClick={() => rollBack.mutate()}>
        Use previous model
      </Button>
    </Dialog>
  )
}
