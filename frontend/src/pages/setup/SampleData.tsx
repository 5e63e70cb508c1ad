import { Button } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { api, read } from '@/api/client'
import type { SampleData } from '@/api/shapes'
import { ConfirmDialog } from '@/ui/ConfirmDialog'
import { asSentence, count } from '@/ui/format'
import { Progress } from '@/ui/Progress'
import { showError } from '@/ui/toasts'
import css from './Setup.module.css'

const SAMPLE_CUSTOMERS = 2_000

const isOpen = (sample: SampleData) => ['queued', 'running'].includes(sample.job?.state ?? '')

/** Loads the sample data, unless it is loaded or there is other data. */
export function LoadSample({ sample }: { sample: SampleData }) {
  const queryClient = useQueryClient()
  const load = useMutation({
    mutationFn: () => read(api.POST('/api/sample-data', { body: { customers: SAMPLE_CUSTOMERS } })),
    onError: showError,
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['sample-data'] }),
  })
  if (sample.loaded || sample.other_data || isOpen(sample)) return null
  return (
    <Button loading={load.isPending} onClick={() => load.mutate()}>
      Load sample data
    </Button>
  )
}

/** The progress of loading or removing the sample data, how it ended, and the way to remove it. */
export function SampleState({ sample, isScored }: { sample: SampleData; isScored: boolean }) {
  const queryClient = useQueryClient()
  const { job } = sample
  const isWaiting = isOpen(sample)
  const before = useRef({ isWaiting, isScored })
  useEffect(() => {
    const isNew = (before.current.isWaiting && !isWaiting) || before.current.isScored !== isScored
    before.current = { isWaiting, isScored }
    if (isNew) void queryClient.invalidateQueries()
  }, [isWaiting, isScored, queryClient])
  if (job && isWaiting) return <SampleProgress job={job} />
  if (sample.loaded)
    return (
      <div className={`${css.step} ${css.sample}`}>
        <p className={css.text} role="status">
          {isScored ? 'Sample data is loaded: a made-up shop.' : 'Sample data is loaded. Scores are being calculated.'}
        </p>
        <RemoveSample />
      </div>
    )
  if (job?.state === 'failed')
    return (
      <p className={`${css.sample} ${css.error}`} role="alert">
        The sample data was not loaded. {job.error}
      </p>
    )
  return null
}

function SampleProgress({ job }: { job: NonNullable<SampleData['job']> }) {
  const cancel = useMutation({ mutationFn: () => read(api.POST('/api/sample-data/cancel')), onError: showError })
  const { step, done, total } = job
  const isKnown = done !== null && total !== null && total > 0
  return (
    <div className={css.sample}>
      <Progress
        title={job.kind === 'load_sample' ? 'Loading sample data' : 'Removing sample data'}
        note={
          step
            ? [asSentence(step), isKnown && `${count(done)} of ${count(total)}`].filter(Boolean).join(': ')
            : 'Waiting to start'
        }
        share={isKnown ? done / total : null}
        onCancel={job.kind === 'load_sample' ? () => cancel.mutate() : undefined}
        isCancelling={cancel.isPending || cancel.isSuccess}
      />
    </div>
  )
}

function RemoveSample() {
  const queryClient = useQueryClient()
  const [isAsking, setAsking] = useState(false)
  const remove = useMutation({
    mutationFn: () => read(api.DELETE('/api/sample-data')),
    onSuccess: () => {
      setAsking(false)
      return queryClient.invalidateQueries({ queryKey: ['sample-data'] })
    },
  })
  return (
    <>
      <Button variant="default" onClick={() => setAsking(true)}>
        Remove sample data
      </Button>
      {isAsking && (
        <ConfirmDialog
          title="Remove the sample data?"
          action="Remove"
          isBusy={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate()}
          onClose={() => setAsking(false)}
        >
          <p>Its customers, orders and scores are removed. Users, teams and settings stay.</p>
        </ConfirmDialog>
      )}
    </>
  )
}
