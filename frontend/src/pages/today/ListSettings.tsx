import { Button, NumberInput } from '@mantine/core'
import '@/ui/theme/inputs'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, read } from '@/api/client'
import { queries } from '@/api/queries'
import type { CallListSettings } from '@/api/shapes'
import { useUser } from '@/api/useSession'
import { Dialog } from '@/ui/Dialog'
import { ErrorText } from '@/ui/ErrorText'
import { dateTime } from '@/ui/format'
import { Loading, QueryState } from '@/ui/states'
import { showToast } from '@/ui/toasts'
import { callReason } from './reasons'
import css from './Today.module.css'

type Quotas = CallListSettings['quotas']

const REASONS: { name: keyof Quotas; reason: string }[] = [
  { name: 'overdue', reason: 'overdue' },
  { name: 'win_back', reason: 'win-back' },
  { name: 'second_order', reason: 'second order' },
  { name: 'due', reason: 'due' },
]
const MOST_CALLS = 500

/** Calls per day and the share of each call reason: of the own team or, for an administrator, of the company. */
export default function ListSettings({ onClose }: { onClose: () => void }) {
  const query = useQuery(queries.callListSettings())
  return (
    <Dialog onClose={onClose} title="Call list settings">
      <QueryState query={query} loading={<Loading rows={6} height={36} gap={12} />}>
        {settings => <Form settings={settings} onClose={onClose} />}
      </QueryState>
    </Dialog>
  )
}

function Form({ settings, onClose }: { settings: CallListSettings; onClose: () => void }) {
  const queryClient = useQueryClient()
  const { scope } = useUser()
  const [capacity, setCapacity] = useState(settings.capacity)
  const [quotas, setQuotas] = useState(settings.quotas)
  const total = REASONS.reduce((sum, { name }) => sum + quotas[name], 0)
  const team_id = scope === 'all' ? settings.team_id : null
  const save = useMutation({
    mutationFn: () => read(api.PUT('/api/call-list/settings', { body: { capacity, quotas, team_id } })),
    onSuccess: saved => {
      queryClient.setQueryData(queries.callListSettings().queryKey, saved)
      showToast('Call list settings saved', { tone: 'good' })
      onClose()
    },
  })
  return (
    <form
      className={css.form}
      onSubmit={event => {
        event.preventDefault()
        save.mutate()
      }}
    >
      <p>
        {describeTeam(settings, scope === 'all')}{' '}
        {settings.changed_by?.name && `Last changed by ${settings.changed_by.name}, ${dateTime(settings.changed_at)}.`}
      </p>
      <NumberInput
        label="Calls per person and day"
        data-autofocus
        min={1}
        max={MOST_CALLS}
        allowDecimal={false}
        value={capacity}
        onChange={value => setCapacity(Number(value))}
      />
      <fieldset className={css.quotas}>
        <legend>Share of the list</legend>
        {REASONS.map(({ name, reason }) => (
          <NumberInput
            key={name}
            label={callReason(reason).label}
            suffix=" %"
            min={0}
            max={100}
            allowDecimal={false}
            value={quotas[name]}
            onChange={value => setQuotas({ ...quotas, [name]: Number(value) })}
          />
        ))}
      </fieldset>
      <p role="status">
        {total === 100
          ? 'Places that a reason cannot fill go to overdue customers, then to those who are due.'
          : `The shares add up to ${total} %. They must add up to 100 %.`}
      </p>
      <p className={css.note}>Lists made today stay as they are; the settings apply from tomorrow.</p>
      <ErrorText error={save.error} />
      <Button type="submit" loading={save.isPending} disabled={total !== 100 || capacity < 1 || capacity > MOST_CALLS}>
        Save
      </Button>
    </form>
  )
}

/** Whose lists the settings are for. */
function describeTeam({ team }: CallListSettings, seesAllTeams: boolean): string {
  if (team) return `For the team ${team}.`
  return seesAllTeams
    ? 'For every team without settings of its own.'
    : 'For your team, which follows the company so far.'
}
