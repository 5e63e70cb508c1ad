import { Button, NativeSelect } from '@mantine/core'
import '@/components/theme/inputs'
import { IconRefresh } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { api, read } from '@/api/client'
import { ask } from '@/api/questions'
import { ConfirmDialog } from '@/components/ConfirmDialog'
import { asSentence, count } from '@/components/format'
import { Card } from '@/components/Page'
import { useMay } from '@/components/signedIn'
import { Working } from '@/components/Working'
import css from './Runs.module.css'

const route = getRouteApi('/shell/runs')

const TRAINING = [
  { value: 'when due', label: 'when it is due' },
  { value: 'always', label: 'now, whether due or not' },
  { value: 'never', label: 'not this time' },
] as const
type Training = (typeof TRAINING)[number]['value']

export function StartRefresh() {
  const navigate = useNavigate({ from: '/runs' })
  const queries = useQueryClient()
  const [isAsking, setAsking] = useState(false)
  const [train, setTrain] = useState<Training>('when due')
  const start = useMutation({
    mutationFn: () => read(api.POST('/api/runs', { body: { predict: true, train } })),
    onSuccess: job => {
      setAsking(false)
      void queries.invalidateQueries({ queryKey: ['runs'] })
      void navigate({ search: now => ({ ...now, job: job.job_id }), resetScroll: false })
    },
  })
  return (
    <>
      <Button leftSection={<IconRefresh size={16} aria-hidden />} onClick={() => setAsking(true)}>
        Refresh
      </Button>
      {isAsking && (
        <ConfirmDialog
          title="Refresh now?"
          action="Refresh"
          isBusy={start.isPending}
          error={start.error}
          onConfirm={() => start.mutate()}
          onClose={() => setAsking(false)}
        >
          <p>
            Everything that is loaded is scored anew. Lists and figures stay as they are until the new run is published;
            if anything fails, they stay for good.
          </p>
          <NativeSelect
            label="Models are trained"
            value={train}
            data={[...TRAINING]}
            onChange={event => setTrain(event.currentTarget.value as Training)}
          />
        </ConfirmDialog>
      )}
    </>
  )
}

/** A refresh under way, whoever started it; and how the one started here has ended, if it failed. */
export function Refresh() {
  const { job: id } = route.useSearch()
  const navigate = useNavigate({ from: '/runs' })
  const queries = useQueryClient()
  const may = useMay()
  const cancel = useMutation({ mutationFn: () => read(api.POST('/api/runs/cancel')) })
  const job = useQuery({ ...ask.job(id ?? 0), enabled: id !== undefined }).data
  const runs = useQuery(ask.runs()).data?.data ?? []
  const building = runs.find(run => run.state === 'building')
  const newest = runs[0]
  const state = job?.state
  useEffect(() => {
    if (state === 'running') void queries.invalidateQueries({ queryKey: ['runs'] })
    if (state !== 'done') return
    void queries.invalidateQueries({ queryKey: ['runs'] })
    void queries.invalidateQueries({ queryKey: ['status'] })
    void queries.invalidateQueries({ queryKey: ['models'] })
    void navigate({ search: now => ({ ...now, job: undefined }), replace: true, resetScroll: false })
  }, [state, queries, navigate])

  if (job && (state === 'failed' || state === 'cancelled'))
    return (
      <div className={css.failed} role="alert">
        <div>
          <strong>{job.error ?? 'The refresh was stopped.'}</strong>
          <p>{job.remedy} What is shown has not changed.</p>
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
          <strong>The newest run has failed: {newest.error}</strong>
          <p>What is shown has not changed.</p>
        </div>
      </div>
    ) : null
  const { step, done, total } = building?.progress ?? job ?? { step: null, done: null, total: null }
  const isKnown = done !== null && total !== null && total > 0
  return (
    <Card>
      <Working
        title={building ? `Run ${building.run_id} is being made` : 'A refresh is about to begin'}
        note={
          step
            ? [asSentence(step), isKnown && `${count(done)} of ${count(total)}`].filter(Boolean).join(': ')
            : 'Waiting'
        }
        share={isKnown ? done / total : null}
      />
      {may('runs.write') && (
        <Button
          variant="default"
          mt="sm"
          loading={cancel.isPending}
          disabled={cancel.isSuccess}
          onClick={() => cancel.mutate()}
        >
          {cancel.isSuccess ? 'Being stopped' : 'Stop'}
        </Button>
      )}
      {cancel.error && <p role="alert">{cancel.error.message}</p>}
    </Card>
  )
}
