import { Button, NativeSelect, Textarea } from '@mantine/core'
import '@/ui/theme/inputs'
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, read } from '@/api/client'
import type { Alarm } from '@/api/shapes'
import { usePermissions } from '@/api/useSession'
import { ConfirmDialog } from '@/ui/ConfirmDialog'
import { type Column, DataTable } from '@/ui/DataTable'
import { count, dateTime, plural } from '@/ui/format'
import { Card } from '@/ui/Page'
import { EmptyState, ErrorState, Loading } from '@/ui/states'
import { showToast } from '@/ui/toasts'
import css from './Admin.module.css'
import { alarmQueries } from './alarmQueries'
import { CanaryCustomers } from './CanaryCustomers'
import { Detectors } from './Detectors'

/** What intrusion detection found, what it looks for, and the customers no one should open. */
export function Alarms() {
  return (
    <>
      <AlarmList />
      <Detectors />
      <CanaryCustomers />
    </>
  )
}

function AlarmList() {
  const [state, setState] = useState<Alarm['state']>('open')
  const [chosen, setChosen] = useState<Alarm | null>(null)
  const query = useInfiniteQuery(alarmQueries.alarms(state))
  const alarms = query.data?.pages.flatMap(page => page.data) ?? []
  return (
    <Card
      title="Alarms"
      note="Signs of an attack, or of unusual work. Detectors look every ten seconds"
      flush
      actions={
        <NativeSelect
          aria-label="Which alarms"
          value={state}
          onChange={event => setState(event.currentTarget.value as Alarm['state'])}
          data={[
            { value: 'open', label: 'Open' },
            { value: 'acknowledged', label: 'Acknowledged' },
          ]}
        />
      }
    >
      {!query.data && query.error ? (
        <ErrorState error={query.error} onRetry={() => void query.refetch()} />
      ) : !query.data ? (
        <div className={css.waiting}>
          <Loading rows={3} height={20} gap={20} />
        </div>
      ) : alarms.length === 0 ? (
        <EmptyState title={state === 'open' ? 'No open alarms' : 'No acknowledged alarms'} />
      ) : (
        <Table alarms={alarms} state={state} onAcknowledge={setChosen} />
      )}
      {query.hasNextPage && (
        <div className={css.more}>
          <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
      {chosen && <Acknowledge alarm={chosen} onClose={() => setChosen(null)} />}
    </Card>
  )
}

interface TableProps {
  alarms: Alarm[]
  state: Alarm['state']
  onAcknowledge: (alarm: Alarm) => void
}

function Table({ alarms, state, onAcknowledge }: TableProps) {
  const can = usePermissions()
  const columns: Column<Alarm>[] = [
    { name: 'title', label: 'What', show: alarm => <strong>{alarm.title}</strong> },
    { name: 'subject', label: 'Who or what', wrap: true, show: about },
    { name: 'count', label: 'Counted', wrap: true, show: counted },
    { name: 'last_seen', label: 'Last seen', show: alarm => dateTime(alarm.last_seen) },
    { name: 'first_seen', label: 'First seen', show: alarm => dateTime(alarm.first_seen) },
    { name: 'answered_at', label: 'Answer', show: answered },
  ]
  if (state === 'acknowledged')
    columns.push(
      { name: 'reason', label: 'Reason', wrap: true },
      { name: 'acknowledged_by', label: 'Acknowledged by', show: alarm => alarm.acknowledged_by ?? 'command line' },
    )
  else if (can('users.manage'))
    columns.push({
      name: 'alarm_id',
      label: 'Action',
      show: alarm => (
        <Button
          variant="subtle"
          size="compact-sm"
          aria-label={`Acknowledge ${alarm.title}, ${about(alarm)}`}
          onClick={() => onAcknowledge(alarm)}
        >
          Acknowledge
        </Button>
      ),
    })
  return <DataTable caption="Alarms" rowKey={alarm => alarm.alarm_id} rows={alarms} columns={columns} />
}

function about({ subject, user, api_key }: Alarm): string {
  if (subject === 'audit') return 'The audit log'
  if (subject === 'sign-in') return 'All sign-ins'
  if (subject.startsWith('network:')) return `Network ${subject.slice('network:'.length)}`
  if (subject.startsWith('account:')) return 'An address without a user'
  if (subject.startsWith('session:')) return `A session of ${user ?? 'a user'}`
  if (subject.startsWith('api-key:'))
    return `API key ${api_key ?? subject.slice('api-key:'.length)} of ${user ?? 'a user'}`
  return user ?? subject
}

function counted(alarm: Alarm) {
  return `${alarm.counts[0]?.toUpperCase()}${alarm.counts.slice(1)}: ${count(alarm.count)}`
}

function answered(alarm: Alarm) {
  return alarm.answered_at ? plural(alarm.sessions_answered, 'session') : <span className={css.dim}>Recorded only</span>
}

function Acknowledge({ alarm, onClose }: { alarm: Alarm; onClose: () => void }) {
  const queryClient = useQueryClient()
  const [reason, setReason] = useState('')
  const save = useMutation({
    mutationFn: () =>
      read(
        api.POST('/api/alarms/{alarm_id}/acknowledge', {
          params: { path: { alarm_id: alarm.alarm_id } },
          body: { reason: reason.trim() },
        }),
      ),
    onSuccess: () => {
      showToast('Acknowledged', { tone: 'good' })
      onClose()
      return queryClient.invalidateQueries({ queryKey: ['alarms'] })
    },
  })
  return (
    <ConfirmDialog
      title={`Acknowledge “${alarm.title}”?`}
      action="Acknowledge"
      isBusy={save.isPending}
      error={save.error}
      onConfirm={() => save.mutate()}
      onClose={onClose}
    >
      <p>
        {about(alarm)}. {counted(alarm)}. If it goes on, there will be a new alarm.
      </p>
      <Textarea
        label="Reason"
        description="What it was. Kept with the alarm"
        maxLength={500}
        rows={3}
        value={reason}
        onChange={event => setReason(event.currentTarget.value)}
      />
    </ConfirmDialog>
  )
}
