import { Button } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, read, toReaderWords } from '@/api/client'
import type { ConnectedSource } from '@/api/shapes'
import { usePermissions } from '@/api/useSession'
import { Badge } from '@/ui/Badge'
import { ConfirmDialog } from '@/ui/ConfirmDialog'
import { ErrorText } from '@/ui/ErrorText'
import { count, dateTime } from '@/ui/format'
import { lazyComponent } from '@/ui/lazyComponent'
import { Card } from '@/ui/Page'
import { showToast } from '@/ui/toasts'
import { GoneRows } from './GoneRows'
import css from './Sources.module.css'

const MappingDialog = lazyComponent(() => import('./MappingDialog'))

const STATES = {
  due: ['Connected', 'good'],
  throttled: ['Waiting', 'warn'],
  'needs you': ['Needs you', 'bad'],
  held: ['Decide', 'warn'],
  paused: ['Paused', 'plain'],
} as const

/** One connected source, and what can be done with it. */
export function SourceCard({ source, onHistory }: { source: ConnectedSource; onHistory: (source: string) => void }) {
  const can = usePermissions()
  const [isMapping, setMapping] = useState(false)
  const [label, tone] = STATES[source.state]
  return (
    <Card
      title={source.source}
      note={[source.label, source.reached].filter(Boolean).join(': ')}
      actions={
        <div className={css.badges}>
          {source.is_imitation && <Badge tone="warn">Imitation</Badge>}
          <Badge tone={source.is_reading ? 'brand' : tone}>{source.is_reading ? 'Reading' : label}</Badge>
        </div>
      }
    >
      <p className={css.words}>{toReaderWords(capitalize(source.in_words))}</p>
      {source.is_imitation && (
        <p className={css.dim}>
          This is an imitation of the vendor on this machine. Its customers and orders are made up.
        </p>
      )}
      {source.never_run && <p className={css.dim}>{source.never_run}</p>}
      <dl className={css.facts}>
        <Fact name="Customers" value={count(source.customers)} />
        <Fact name="Orders" value={count(source.orders)} />
        <Fact name="Calls this month" value={count(source.requests_this_month)} />
        <Fact name="Last read" value={dateTime(source.last_sync?.finished_at)} />
        <Fact
          name="Next"
          value={source.state === 'due' || source.state === 'throttled' ? dateTime(source.next_at) : '–'}
        />
      </dl>
      {source.open_questions > 0 && <GoneRows source={source.source} />}
      <div className={css.actions}>
        <Button variant="subtle" size="compact-sm" onClick={() => onHistory(source.source)}>
          History
        </Button>
        {source.has_mapping && (
          <Button variant="subtle" size="compact-sm" onClick={() => setMapping(true)}>
            Fields
          </Button>
        )}
        {can('sources.manage') && <Manage source={source} />}
      </div>
      {isMapping && (
        <MappingDialog source={source.source} canChange={can('sources.manage')} onClose={() => setMapping(false)} />
      )}
    </Card>
  )
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}

function Manage({ source }: { source: ConnectedSource }) {
  const queryClient = useQueryClient()
  const [isAsking, setAsking] = useState(false)
  const refresh = () => queryClient.invalidateQueries({ queryKey: ['sources'] })
  const path = { source: source.source }
  const readNow = useMutation({
    mutationFn: () => read(api.POST('/api/sources/{source}/sync', { params: { path }, body: { whole: false } })),
    onSuccess: () => {
      showToast(`${source.source} is read now`, { tone: 'good' })
      return refresh()
    },
  })
  const change = useMutation({
    mutationFn: (state: 'due' | 'paused') =>
      read(api.POST('/api/sources/{source}/state', { params: { path }, body: { state } })),
    onSuccess: refresh,
  })
  const signIn = useMutation({
    mutationFn: () => read(api.POST('/api/sources/{source}/sign-in', { params: { path } })),
    onSuccess: ({ sign_in_url }) => {
      window.location.assign(sign_in_url)
    },
  })
  const remove = useMutation({
    mutationFn: () => read(api.DELETE('/api/sources/{source}', { params: { path } })),
    onSuccess: () => {
      showToast(`${source.source} is disconnected`, { tone: 'good' })
      return refresh()
    },
  })
  const failed = readNow.error ?? change.error ?? signIn.error
  const isStopped = source.state === 'paused' || source.state === 'needs you'
  return (
    <>
      {source.state !== 'paused' && (
        <Button
          variant="subtle"
          size="compact-sm"
          disabled={source.is_reading}
          loading={readNow.isPending}
          onClick={() => readNow.mutate()}
        >
          Read now
        </Button>
      )}
      {source.can_sign_in && (
        <Button variant="subtle" size="compact-sm" loading={signIn.isPending} onClick={() => signIn.mutate()}>
          Sign in again
        </Button>
      )}
      <Button
        variant="subtle"
        size="compact-sm"
        loading={change.isPending}
        onClick={() => change.mutate(isStopped ? 'due' : 'paused')}
      >
        {isStopped ? 'Resume' : 'Pause'}
      </Button>
      <Button variant="subtle" size="compact-sm" color="red" onClick={() => setAsking(true)}>
        Disconnect
      </Button>
      <ErrorText error={failed} />
      {isAsking && (
        <ConfirmDialog
          title={`Disconnect ${source.source}?`}
          action="Disconnect"
          isDestructive
          isBusy={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate()}
          onClose={() => setAsking(false)}
        >
          <p>
            Its secret and what waits to be loaded are deleted. Its {count(source.customers)} customers and{' '}
            {count(source.orders)} orders stay; undo its batches on the Import page to remove them.
          </p>
        </ConfirmDialog>
      )}
    </>
  )
}

const capitalize = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`
