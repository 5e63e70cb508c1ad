import { Button, NativeSelect, NumberInput } from '@mantine/core'
import '@/ui/theme/inputs'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, read } from '@/api/client'
import type { Detector } from '@/api/shapes'
import { usePermissions } from '@/api/useSession'
import { Badge } from '@/ui/Badge'
import { ConfirmDialog } from '@/ui/ConfirmDialog'
import { type Column, DataTable } from '@/ui/DataTable'
import { count, dateTime } from '@/ui/format'
import { Card } from '@/ui/Page'
import { Loading, QueryState } from '@/ui/states'
import { showToast } from '@/ui/toasts'
import css from './Admin.module.css'
import { alarmQueries } from './alarmQueries'

const MODES: Record<Detector['mode'], string> = { watch: 'Watch only', answer: 'Answer', off: 'Off' }
const ANSWERS: Record<Detector['answer'], string> = {
  record: 'Record the alarm',
  'step-up': 'Ask for a second factor',
  'end session': 'End the sessions',
}

/** What raises an alarm, and at how many. */
export function Detectors() {
  const query = useQuery(alarmQueries.detectors())
  const [chosen, setChosen] = useState<Detector | null>(null)
  return (
    <Card
      title="Detectors"
      note="“Watch only” raises alarms and does nothing else: leave it so for a week, then choose the thresholds and which detectors answer"
      flush
    >
      <QueryState
        query={query}
        loading={
          <div className={css.waiting}>
            <Loading rows={8} height={36} gap={20} />
          </div>
        }
      >
        {answer => <Table detectors={answer.data} onChange={setChosen} />}
      </QueryState>
      {chosen && <Change detector={chosen} onClose={() => setChosen(null)} />}
    </Card>
  )
}

function Table({ detectors, onChange }: { detectors: Detector[]; onChange: (detector: Detector) => void }) {
  const can = usePermissions()
  const columns: Column<Detector>[] = [
    {
      name: 'title',
      label: 'Detector',
      wrap: true,
      show: detector => (
        <div className={css.finds}>
          <strong>{detector.title}</strong>
          <p className={css.dim}>{detector.finds}</p>
        </div>
      ),
    },
    { name: 'counts', label: 'Counts', wrap: true },
    { name: 'threshold', label: 'Alarm at', wrap: true, show: threshold },
    { name: 'window_minutes', label: 'Within', show: detector => duration(detector.window_minutes) },
    { name: 'mode', label: 'Mode', show: mode },
    { name: 'answer', label: 'Answer', show: detector => ANSWERS[detector.answer] },
  ]
  if (can('users.manage'))
    columns.push({
      name: 'detector',
      label: 'Action',
      show: detector => (
        <Button
          variant="subtle"
          size="compact-sm"
          aria-label={`Change ${detector.title}`}
          onClick={() => onChange(detector)}
        >
          Change
        </Button>
      ),
    })
  return <DataTable caption="Detectors" rowKey={each => each.detector} rows={detectors} columns={columns} />
}

function threshold({ threshold, factor }: Detector) {
  return factor === null ? count(threshold) : `${count(threshold)}, and ${factor} × the usual`
}

function duration(minutes: number) {
  return minutes % 60 ? `${minutes} min` : `${minutes / 60} h`
}

function mode(detector: Detector) {
  if (detector.failing_since)
    return (
      <span title={`Since ${dateTime(detector.failing_since)}`}>
        <Badge tone="bad">Fails</Badge>
      </span>
    )
  const tones = { watch: 'plain', answer: 'brand', off: 'warn' } as const
  return <Badge tone={tones[detector.mode]}>{MODES[detector.mode]}</Badge>
}

function Change({ detector, onClose }: { detector: Detector; onClose: () => void }) {
  const queryClient = useQueryClient()
  const [values, setValues] = useState(detector)
  const change = (part: Partial<Detector>) => setValues(now => ({ ...now, ...part }))
  const save = useMutation({
    mutationFn: () =>
      read(
        api.PATCH('/api/detectors/{detector}', {
          params: { path: { detector: detector.detector } },
          body: {
            threshold: values.threshold,
            factor: values.factor,
            window_minutes: values.window_minutes,
            mode: values.mode,
            answer: values.answer,
          },
        }),
      ),
    onSuccess: () => {
      showToast('Saved; takes effect within seconds', { tone: 'good' })
      onClose()
      return queryClient.invalidateQueries({ queryKey: ['detectors'] })
    },
  })
  return (
    <ConfirmDialog
      title={detector.title}
      action="Save"
      isBusy={save.isPending}
      error={save.error}
      onConfirm={() => save.mutate()}
      onClose={onClose}
    >
      <p className={css.dim}>{detector.finds}</p>
      <Amount
        label="Alarm at"
        description={`Number of ${detector.counts}`}
        most={1_000_000}
        value={values.threshold}
        onChange={threshold => change({ threshold })}
      />
      {values.factor !== null && (
        <Amount
          label="Times the usual"
          description="And only above this multiple of what is usual for the user"
          most={100}
          value={values.factor}
          onChange={factor => change({ factor })}
        />
      )}
      <Amount
        label="Within"
        description="Minutes"
        most={1440}
        value={values.window_minutes}
        onChange={window_minutes => change({ window_minutes })}
      />
      <NativeSelect
        label="Mode"
        value={values.mode}
        onChange={event => change({ mode: event.currentTarget.value as Detector['mode'] })}
        data={Object.entries(MODES).map(([value, label]) => ({ value, label }))}
      />
      <NativeSelect
        label="Answer"
        description={
          detector.can_answer
            ? 'In the mode “Answer”, to the sessions of the user it found'
            : 'This detector cannot tell who acts, so it can only record'
        }
        disabled={!detector.can_answer}
        value={values.answer}
        onChange={event => change({ answer: event.currentTarget.value as Detector['answer'] })}
        data={Object.entries(ANSWERS).map(([value, label]) => ({ value, label }))}
      />
    </ConfirmDialog>
  )
}

interface AmountProps {
  label: string
  description: string
  most: number
  value: number
  onChange: (value: number) => void
}

function Amount({ label, description, most, value, onChange }: AmountProps) {
  return (
    <NumberInput
      label={label}
      description={description}
      min={1}
      max={most}
      allowDecimal={false}
      clampBehavior="strict"
      value={value}
      onChange={given => typeof given === 'number' && onChange(given)}
    />
  )
}
