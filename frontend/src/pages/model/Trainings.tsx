import { Button } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, read } from '@/api/client'
import type { Model, Task } from '@/api/shapes'
import { DataTable } from '@/components/DataTable'
import { Dialog } from '@/components/Dialog'
import { day, moment } from '@/components/format'
import { kindName } from '@/components/kinds'
import { Chip } from '@/components/marks'
import { Card } from '@/components/Page'
import { useMay } from '@/components/signedIn'
import { say } from '@/components/toasts'

/** Every training of the task, and the way back to the one before. */
export function Trainings({ models, task }: { models: Model[]; task: Task }) {
  const may = useMay()
  const [asking, setAsking] = useState(false)
  const inService = models.filter(model => model.state === 'served')
  return (
    <Card
      title="Trainings"
      actions={
        may('models.manage') &&
        inService.length > 1 && (
          <Button variant="default" onClick={() => setAsking(true)}>
            Go back to the one before
          </Button>
        )
      }
      flush
    >
      <DataTable
        caption="Trainings"
        rows={models}
        rowKey={model => model.model_id}
        columns={[
          { name: 'model_id', label: 'No.', numeric: true },
          { name: 'as_of', label: 'Knows up to', show: model => day(model.as_of) },
          { name: 'kind', label: 'Kind', show: model => kindName(model.kind) },
          {
            name: 'state',
            label: 'State',
            show: model => (
              <Chip tone={model.serving ? 'good' : 'plain'}>{model.serving ? 'answers now' : model.state}</Chip>
            ),
          },
          { name: 'reason', label: 'Why', wrap: true },
          { name: 'trained_at', label: 'Trained', show: model => moment(model.trained_at) },
        ]}
      />
      {asking && <GoBack task={task} onClose={() => setAsking(false)} />}
    </Card>
  )
}

function GoBack({ task, onClose }: { task: Task; onClose: () => void }) {
  const queries = useQueryClient()
  const roll = useMutation({
    mutationFn: () => read(api.POST('/api/models/{task}/rollback', { params: { path: { task } } })),
    onSuccess: done => {
      say(done.sentence, { tone: 'good' })
      void queries.invalidateQueries({ queryKey: ['models'] })
      onClose()
    },
  })
  return (
    <Dialog onClose={onClose} title="Take the newest training out of service?">
      <p>The one before it answers from the next refresh on. What is published now stays as it is.</p>
      {roll.error && <p role="alert">{roll.error.message}</p>}
      <Button mt="md" loading={roll.isPending} onClick={() => roll.mutate()}>
        Take it out of service
      </Button>
    </Dialog>
  )
}
