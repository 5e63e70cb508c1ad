import { Button } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import { api, read, toReaderWords } from '@/api/client'
import { queries } from '@/api/queries'
import { usePermissions } from '@/api/useSession'
import { ErrorText } from '@/ui/ErrorText'
import { asSentence, count } from '@/ui/format'
import { Card } from '@/ui/Page'
import { Progress } from '@/ui/Progress'
import css from './Runs.module.css'

const route = getRouteApi('/shell/runs')

/** The progress of a running refresh, and the error of the latest one if it failed. */
export function RefreshProgress() {
  const { job: id } = route.useSearch()
  const navigate = useNavigate({ from: '/runs' })
  const queryClient = useQueryClient()
  const can = usePermissions()
  const cancel = useMutation({ mutationFn: () => read(api.POST('/api/runs/cancel')) })
  const job = useQuery({ ...queries.job(id ?? 0), enabled: id !== undefined }).data
  const runs = useQuery(queries.runs()).data?.data ?? []
  const building = runs.find(run => run.state === 'building')
  const newest = runs[0]
  const state = job?.state
  useEffect(() => {
    if (state === 'running') void queryClient.invalidateQueries({ queryKey: ['runs'] })
    if (state !== 'done') return
    void queryClient.invalidateQueries({ queryKey: ['runs'] })
    void queryClient.invalidateQueries({ queryKey: ['freshness'] })
    void queryClient.invalidateQueries({ queryKey: ['models'] })
    void navigate({ search: now => ({ ...now, job: undefined }), replace: true, resetScroll: false })
  }, [state, queryClient, navigate])

  if (job && (state === 'failed' || state === 'cancelled'))
    return (
      <div className={css.failed} role="alert">
        <div>
          <strong>{toReaderWords(job.error) ?? 'The update was cancelled.'}</strong>
          <p>{toReaderWords(job.remedy)} Lists and figures have not changed.</p>
        </div>
        <Button
          variant="default"
          onClick={() => void navigate({ search: now => ({ ...now, job: undefined }), replace: true })}
        >
          Close
        </Button>
      </div>
    )
  const isWaiting = state === 'queued' || state === 'running'
  if (!isWaiting && !building)
    return newest?.state === 'failed' ? (
      <div className={css.failed} role="alert">
        <div>
          <strong>The latest update failed: {toReaderWords(newest.error)}</strong>
          <p>Lists and figures have not changed.</p>
        </div>
      </div>
    ) : null
  const { step, done, total } = building?.progress ?? job ?? { step: null, done: null, total: null }
  const isKnown = done !== null && total !== null && total > 0
  return (
    <Card>
      <Progress
        title={building ? `Update ${building.run_id} in progress` : 'Update starting'}
        note={
          step
            ? [asSentence(step), isKnown && `${count(done)} of ${count(total)}`].filter(Boolean).join(': ')
            : building
              ? ''
              : 'Waiting to start'
        }
        share={isKnown ? done / total : null}
      />
      {can('runs.write') && (
        <Button
          variant="default"
          mt="sm"
          loading={cancel.isPending}
          disabled={cancel.isSuccess}
          onClick={() => cancel.mutate()}
        >
          {cancel.isSuccess ? 'Cancelling' : 'Cancel'}
        </Button>
      )}
      <ErrorText error={cancel.error} />
    </Card>
  )
}
