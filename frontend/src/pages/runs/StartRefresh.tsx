import { Button, NativeSelect } from '@mantine/core'
import '@/ui/theme/inputs'
import { IconRefresh } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { api, read } from '@/api/client'
import { ConfirmDialog } from '@/ui/ConfirmDialog'

const TRAINING = [
  { value: 'when due', label: 'If due' },
  { value: 'always', label: 'Always' },
  { value: 'never', label: 'Skip this time' },
] as const
type Training = (typeof TRAINING)[number]['value']

/** The button that starts a refresh, and the dialog that asks how. */
export function StartRefresh() {
  const navigate = useNavigate({ from: '/runs' })
  const queryClient = useQueryClient()
  const [isAsking, setAsking] = useState(false)
  const [train, setTrain] = useState<Training>('when due')
  const start = useMutation({
    mutationFn: () => read(api.POST('/api/runs', { body: { predict: true, train } })),
    onSuccess: job => {
      setAsking(false)
      void queryClient.invalidateQueries({ queryKey: ['runs'] })
      void navigate({ search: now => ({ ...now, job: job.job_id }), resetScroll: false })
    },
  })
  return (
    <>
      <Button leftSection={<IconRefresh size={16} aria-hidden />} onClick={() => setAsking(true)}>
        Update now
      </Button>
      {isAsking && (
        <ConfirmDialog
          title="Update now?"
          action="Update"
          isBusy={start.isPending}
          error={start.error}
          onConfirm={() => start.mutate()}
          onClose={() => setAsking(false)}
        >
          <p>
            Scores and predictions are recalculated from all imported data. Lists and figures stay as they are until the
            update is complete. If it fails, nothing changes.
          </p>
          <NativeSelect
            label="Train models"
            value={train}
            data={[...TRAINING]}
            onChange={event => setTrain(event.currentTarget.value as Training)}
          />
        </ConfirmDialog>
      )}
    </>
  )
}
