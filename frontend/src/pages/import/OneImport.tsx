import { Button, Checkbox } from '@mantine/core'
import '@/components/theme/inputs'
import { IconTrash } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { api, read } from '@/api/client'
import { ask } from '@/api/questions'
import type { Found, ImportKnown } from '@/api/shapes'
import { Empty } from '@/components/faces'
import { asSentence, count, many, moment, percent } from '@/components/format'
import { Card, Page } from '@/components/Page'
import { say, sayProblem } from '@/components/toasts'
import { Working } from '@/components/Working'
import { AnotherFile } from './AnotherFile'
import { Columns } from './Columns'
import { Preview, Rejects, Saw } from './Found'
import css from './Import.module.css'
import { Result } from './Result'

/** One file on its way in; what is shown follows its state. */
export function OneImport({ known }: { known: ImportKnown }) {
  if (known.state === 'loaded') return <Result known={known} />
  const isBusy = known.state === 'inspecting' || known.state === 'loading'
  if (!isBusy && known.found?.columns) return <Check known={known} found={known.found as Found} />
  return (
    <Page
      title={known.file_name}
      sentence={`Received ${moment(known.received_at)}`}
      actions={!isBusy && <Discard known={known} />}
    >
      <Card>
        {isBusy ? (
          <UnderWay known={known} />
        ) : (
          <Empty title={known.problem ?? 'This file could not be read.'} action={<AnotherFile />}>
            {known.remedy} Nothing was loaded.
          </Empty>
        )}
      </Card>
    </Page>
  )
}

function UnderWay({ known }: { known: ImportKnown }) {
  const discard = useDiscard(known)
  const { step, done, total } = known.job ?? { step: null, done: null, total: null }
  const isKnown = done !== null && total !== null && total > 0
  return (
    <Working
      title={known.state === 'loading' ? 'Loading' : 'Reading the file'}
      note={
        step === null
          ? 'Waiting for its turn'
          : [asSentence(step), isKnown && `${count(done)} of ${count(total)}`].filter(Boolean).join(': ')
      }
      share={isKnown ? done / total : null}
      onCancel={() => discard.mutate()}
      isCancelling={discard.isPending}
    />
  )
}

function useDiscard(known: ImportKnown) {
  const queries = useQueryClient()
  const navigate = useNavigate({ from: '/import' })
  return useMutation({
    mutationFn: () =>
      read(api.DELETE('/api/imports/{import_id}', { params: { path: { import_id: known.import_id } } })),
    onSuccess: ({ state }) => {
      void queries.invalidateQueries({ queryKey: ['imports'] })
      if (state === 'cancelling') return say('Being stopped; nothing of the file stays loaded')
      say(`${known.file_name} is thrown away; nothing was loaded`)
      queries.removeQueries({ queryKey: ask.importJob(known.import_id).queryKey })
      void navigate({ search: {}, replace: true })
    },
    onError: sayProblem,
  })
}

function Discard({ known }: { known: ImportKnown }) {
  const discard = useDiscard(known)
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

/** More rejected lines than this share and the whole file is refused, unless somebody says otherwise. */
const MOST_REJECTED = 0.02

/** What was seen, what each column means, what would be loaded and what not; then load. */
function Check({ known, found }: { known: ImportKnown; found: Found }) {
  const queries = useQueryClient()
  const [isChanged, setChanged] = useState(false)
  const [allowed, setAllowed] = useState(false)
  const loadable = found.rows - found.rejected
  const share = found.rejected / Math.max(1, found.rows)
  const isMuch = share > MOST_REJECTED
  const commit = useMutation({
    mutationFn: () =>
      read(
        api.POST('/api/imports/{import_id}/commit', {
          params: { path: { import_id: known.import_id } },
          body: { max_rejected: 100 * (isMuch ? 1 : MOST_REJECTED), refresh: true },
        }),
      ),
    onSettled: () => queries.invalidateQueries({ queryKey: ['imports'] }),
    onError: sayProblem,
  })
  const isOpen = known.state === 'unreadable'
  return (
    <Page
      title={known.file_name}
      sentence={<Held found={found} isOpen={isOpen} />}
      actions={
        <>
          <Discard known={known} />
          <Button
            disabled={isChanged || isOpen || loadable === 0 || (isMuch && !allowed)}
            loading={commit.isPending}
            onClick={() => commit.mutate()}
          >
            Load {isOpen ? 'it' : many(loadable, 'line')}
          </Button>
        </>
      }
    >
      {known.problem && (
        <Notice tone="bad" title={known.problem}>
          {isOpen ? 'Say below what each column means, and have the file read again.' : known.remedy}
        </Notice>
      )}
      {isMuch && !isOpen && (
        <Notice tone="warn" title={`${percent(share)} of the lines would be rejected`}>
          So many often mean that a column is read as the wrong thing.
          <Checkbox
            mt={8}
            checked={allowed}
            onChange={event => setAllowed(event.currentTarget.checked)}
            label="Load the others all the same"
          />
        </Notice>
      )}
      {found.warnings.map(warning => (
        <Notice key={warning} tone="warn" title={asSentence(warning)} />
      ))}
      <Saw found={found} />
      {known.mapping && (
        <Columns key={known.revision} known={known} found={found} mapping={known.mapping} onChanged={setChanged} />
      )}
      {!isOpen && <Rejects found={found} />}
      {found.preview.length > 0 && <Preview rows={found.preview} />}
    </Page>
  )
}

function Held({ found, isOpen }: { found: Found; isOpen: boolean }) {
  const parts = [
    many(found.rows, 'line'),
    found.orders !== null && many(found.orders, 'order'),
    found.customers !== null && many(found.customers, 'customer'),
    found.products !== null && many(found.products, 'product'),
    !isOpen && (found.rejected ? `${count(found.rejected)} would be rejected` : 'nothing to reject'),
  ]
  return <>{parts.filter(Boolean).join(' · ')}</>
}

function Notice({ tone, title, children }: { tone: 'bad' | 'warn'; title: string; children?: ReactNode }) {
  return (
    <div className={css.notice} data-tone={tone} role={tone === 'bad' ? 'alert' : 'note'}>
      <strong>{title}</strong>
      {children && <div className={css.more}>{children}</div>}
    </div>
  )
}
