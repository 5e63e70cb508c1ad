import { Button } from '@mantine/core'
import { IconTrash } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { api, read } from '@/api/client'
import { ask } from '@/api/questions'
import type { Found, ImportJob } from '@/api/shapes'
import { Empty } from '@/components/faces'
import { asSentence, count, many, moment } from '@/components/format'
import { Card, Page } from '@/components/Page'
import { say, sayProblem } from '@/components/toasts'
import { Working } from '@/components/Working'
import { AnotherFile } from './AnotherFile'
import { Columns } from './Columns'
import { Preview, Rejects, Saw } from './Found'
import css from './Import.module.css'
import { Result } from './Result'

/** One file on its way in; what is shown follows its state. */
export function OneImport({ job }: { job: ImportJob }) {
  if (job.state === 'ready' && job.found) return <Check job={job} found={job.found} />
  if (job.state === 'loaded' && job.batch) return <Result job={job} batch={job.batch} />
  return (
    <Page title={job.file_name} sentence={<Received job={job} />} actions={<Discard job={job} />}>
      {job.state === 'inspecting' && <UnderWay job={job} title="Reading the file" />}
      {job.state === 'loading' && <UnderWay job={job} title="Loading" />}
      {(job.state === 'unreadable' || job.state === 'failed') && <Failed job={job} />}
      {job.state === 'deleted' && <Gone />}
    </Page>
  )
}

function Received({ job }: { job: ImportJob }) {
  return <>Received {moment(job.received_at)}</>
}

function UnderWay({ job, title }: { job: ImportJob; title: string }) {
  const discard = useDiscard(job)
  const at = job.job
  const isKnown = at?.done != null && at.total != null && at.total > 0
  return (
    <Card>
      <Working
        title={title}
        note={[
          at?.step ? asSentence(at.step) : 'Waiting for its turn',
          isKnown && `${count(at.done)} of ${count(at.total)}`,
        ]
          .filter(Boolean)
          .join(', ')}
        share={isKnown ? (at.done ?? 0) / (at.total ?? 1) : null}
        onCancel={() => discard.mutate()}
        isCancelling={discard.isPending}
      />
    </Card>
  )
}

function Failed({ job }: { job: ImportJob }) {
  return (
    <Card>
      <Empty title={job.job?.error ?? job.found?.problem ?? 'This file could not be read.'} action={<AnotherFile />}>
        {job.job?.remedy ?? job.found?.remedy} Nothing was loaded.
      </Empty>
    </Card>
  )
}

function Gone() {
  return (
    <Card>
      <Empty title="This file was thrown away" action={<AnotherFile />}>
        Nothing of it was loaded.
      </Empty>
    </Card>
  )
}

function useDiscard(job: ImportJob) {
  const queries = useQueryClient()
  const navigate = useNavigate({ from: '/import' })
  return useMutation({
    mutationFn: () => read(api.DELETE('/api/imports/{import_id}', { params: { path: { import_id: job.import_id } } })),
    onSuccess: () => {
      say(`${job.file_name} was thrown away; nothing was loaded`)
      queries.removeQueries({ queryKey: ask.importJob(job.import_id).queryKey })
      void queries.invalidateQueries({ queryKey: ['imports'] })
      void navigate({ search: {}, replace: true })
    },
    onError: sayProblem,
  })
}

function Discard({ job }: { job: ImportJob }) {
  const discard = useDiscard(job)
  if (job.state === 'loading' || job.state === 'deleted' || job.state === 'inspecting') return null
  return (
    <Button
      variant="default"
      leftSection={<IconTrash size={16} aria-hidden />}
      loading={discard.isPending}
      onClick={() => discard.mutate()}
    >
      Throw away
    </Button>
  )
}

/** What was seen, what each column means, what would be loaded and what not; then load. */
function Check({ job, found }: { job: ImportJob; found: Found }) {
  const queries = useQueryClient()
  const [isChanged, setChanged] = useState(false)
  const loadable = found.rows - found.rejected
  const commit = useMutation({
    mutationFn: () =>
      read(api.POST('/api/imports/{import_id}/commit', { params: { path: { import_id: job.import_id } } })),
    onSettled: () => queries.invalidateQueries({ queryKey: ['imports'] }),
    onError: sayProblem,
  })
  return (
    <Page
      title={job.file_name}
      sentence={<Held found={found} />}
      actions={
        <>
          <Discard job={job} />
          <Button
            disabled={isChanged || found.problem !== null || loadable === 0}
            loading={commit.isPending}
            onClick={() => commit.mutate()}
          >
            Load {many(loadable, 'line')}
          </Button>
        </>
      }
    >
      {found.problem && (
        <Notice tone="bad" title={found.problem}>
          {found.remedy}
        </Notice>
      )}
      {found.warnings.map(warning => (
        <Notice key={warning} tone="warn" title={asSentence(warning)} />
      ))}
      <Saw found={found} />
      {job.mapping && (
        <Columns
          key={JSON.stringify(job.mapping)}
          job={job}
          found={found}
          mapping={job.mapping}
          onChanged={setChanged}
        />
      )}
      <Rejects found={found} />
      {job.preview.length > 0 && <Preview rows={job.preview} />}
    </Page>
  )
}

function Held({ found }: { found: Found }) {
  const parts = [
    many(found.rows, 'line'),
    found.orders != null && many(found.orders, 'order'),
    found.customers != null && many(found.customers, 'customer'),
    found.products != null && many(found.products, 'product'),
    found.problem === null && (found.rejected ? `${count(found.rejected)} would be rejected` : 'nothing to reject'),
  ]
  return <>{parts.filter(Boolean).join(' · ')}</>
}

function Notice({ tone, title, children }: { tone: 'bad' | 'warn'; title: string; children?: ReactNode }) {
  return (
    <div className={css.notice} data-tone={tone} role={tone === 'bad' ? 'alert' : 'note'}>
      <strong>{title}</strong>
      {children && <p>{children}</p>}
    </div>
  )
}
