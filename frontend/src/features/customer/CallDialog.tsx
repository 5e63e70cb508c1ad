import { Button, Textarea, TextInput } from '@mantine/core'
import '@/ui/theme/inputs'
import { type FormEvent, type KeyboardEvent, useState } from 'react'
import type { Call, Outcome } from '@/api/shapes'
import { DateField } from '@/ui/DateField'
import { Dialog } from '@/ui/Dialog'
import { inDays } from '@/ui/format'
import css from './CallDialog.module.css'
import type { CustomerRef } from './callQueue'
import { isOpen, OUTCOMES, SNOOZES, useEngagement } from './engagement'
import type { Phone } from './usePhone'

const DAYS = [
  { days: 1, label: 'Tomorrow' },
  { days: 7, label: 'In 1 week' },
  { days: 14, label: 'In 2 weeks' },
]

interface Props {
  customer: CustomerRef
  /** How to reach the customer, where a call is to be made. */
  phone?: Phone
  /** The logged call that is edited; without it, a call is logged. */
  call?: Call
  onClose: () => void
}

/**
 * Outcome, note and follow-up of a call. The keys 1 to 4 choose the outcome, Enter saves (in the note: Ctrl and Enter).
 */
export default function CallDialog({ customer, phone, call, onClose }: Props) {
  const engagement = useEngagement()
  const [outcome, setOutcome] = useState<Outcome>(call?.outcome ?? 'reached')
  const [note, setNote] = useState(call?.note ?? '')
  const [dueOn, setDueOn] = useState(call?.follow_up?.due_on ?? '')
  const [task, setTask] = useState(call?.follow_up?.task ?? '')
  const name = customer.name ?? customer.customer_id

  function save(event?: FormEvent) {
    event?.preventDefault()
    const follow_up = dueOn ? { follow_up: { due_on: dueOn, ...(task.trim() ? { task: task.trim() } : {}) } } : {}
    const entered = { outcome, note: note.trim(), ...follow_up }
    if (call) engagement.editCall.mutate({ call, ...entered })
    else engagement.logCall.mutate({ customer, ...entered })
    onClose()
  }

  function onKey(event: KeyboardEvent<HTMLFormElement>) {
    const target = event.target as HTMLElement
    const isText = target instanceof HTMLTextAreaElement || (target as HTMLInputElement).type !== 'radio'
    const chosen = OUTCOMES[Number(event.key) - 1]
    if (!isText && chosen) setOutcome(chosen.value)
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) save()
  }

  return (
    <Dialog onClose={onClose} title={call ? `Edit call with ${name}` : `Call with ${name}`}>
      <form className={css.form} onSubmit={save} onKeyDown={onKey}>
        {phone && <PhoneLine phone={phone} />}
        <fieldset className={css.outcomes}>
          <legend>Outcome</legend>
          {OUTCOMES.map(({ value, label }, place) => (
            <label key={value} className={css.outcome}>
              <input
                type="radio"
                name="outcome"
                value={value}
                checked={outcome === value}
                data-autofocus={outcome === value || undefined}
                onChange={() => setOutcome(value)}
              />
              {label} <kbd aria-hidden>{place + 1}</kbd>
            </label>
          ))}
        </fieldset>
        <Textarea
          label="Note"
          value={note}
          onChange={event => setNote(event.currentTarget.value)}
          minRows={2}
          maxLength={2000}
        />
        {(!call || isOpen(call)) && (
          <fieldset className={css.followUp}>
            <legend>Follow-up</legend>
            <div className={css.days}>
              {DAYS.map(({ days, label }) => (
                <Button
                  key={days}
                  variant="default"
                  size="compact-sm"
                  aria-pressed={dueOn === inDays(days)}
                  onClick={() => setDueOn(dueOn === inDays(days) ? '' : inDays(days))}
                >
                  {label}
                </Button>
              ))}
            </div>
            <DateField
              label="On"
              min={inDays(0)}
              max={inDays(365)}
              value={dueOn || undefined}
              onChange={day => setDueOn(day ?? '')}
            />
            <TextInput
              label="Task"
              placeholder="Send the quote"
              maxLength={200}
              value={task}
              onChange={event => {
                setTask(event.currentTarget.value)
                if (event.currentTarget.value && !dueOn) setDueOn(inDays(1))
              }}
            />
          </fieldset>
        )}
        <div className={css.foot}>
          {!call && (
            <div className={css.snooze}>
              <span>Not now? Snooze</span>
              {SNOOZES.map(({ days, label }) => (
                <Button
                  key={days}
                  variant="subtle"
                  size="compact-sm"
                  onClick={() => {
                    engagement.snooze.mutate({ ids: [customer.customer_id], until: inDays(days) })
                    onClose()
                  }}
                >
                  {label}
                </Button>
              ))}
            </div>
          )}
          <div className={css.buttons}>
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit">Save</Button>
          </div>
        </div>
      </form>
    </Dialog>
  )
}

function PhoneLine({ phone }: { phone: Phone }) {
  return (
    <p className={css.phone} aria-live="polite">
      {phone.number ? (
        <a href={`tel:${phone.number}`}>{phone.number}</a>
      ) : phone.missing ? (
        <span className={css.dim}>{phone.missing}</span>
      ) : (
        <>
          <Button variant="default" size="compact-sm" loading={phone.isPending} onClick={phone.reveal}>
            Show phone number
          </Button>{' '}
          <span className={css.dim}>This is logged</span>
        </>
      )}
    </p>
  )
}
