import { ActionIcon, TextInput } from '@mantine/core'
import './theme/inputs'
import { IconCalendar } from '@tabler/icons-react'
import { useEffect, useRef, useState } from 'react'
import css from './DateField.module.css'
import { dayInFigures, parseDay } from './format'

interface Props {
  label: string
  /** ISO days. */
  value: string | undefined
  min?: string | undefined
  max?: string | undefined
  onChange: (day: string | undefined) => void
}

/** A day, written as the reader's locale writes it: a browser's own date field follows the browser instead. */
export function DateField({ label, value, min, max, onChange }: Props) {
  const picker = useRef<HTMLInputElement>(null)
  const [text, setText] = useState(dayInFigures(value))
  const [error, setError] = useState<string>()
  useEffect(() => {
    setText(dayInFigures(value))
    setError(undefined)
  }, [value])

  function findFault(day: string | null) {
    if (!day) return `Write the date as ${dayInFigures('2026-12-31')}`
    if (min && day < min) return `Not before ${dayInFigures(min)}`
    return max && day > max ? `Not after ${dayInFigures(max)}` : undefined
  }

  /** Takes effect as soon as a whole day is there. */
  function onType(typed: string) {
    setText(typed)
    setError(undefined)
    const day = parseDay(typed)
    if (!typed.trim()) onChange(undefined)
    else if (!findFault(day) && day !== value) onChange(day ?? undefined)
  }

  function onBlur() {
    const day = parseDay(text)
    const fault = text.trim() ? findFault(day) : undefined
    setError(fault)
    if (!fault) setText(dayInFigures(day))
  }

  return (
    <div className={css.field}>
      <TextInput
        label={label}
        placeholder={dayInFigures('2026-12-31')}
        inputMode="numeric"
        autoComplete="off"
        value={text}
        error={error}
        onChange={event => onType(event.currentTarget.value)}
        onBlur={onBlur}
        rightSection={
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`Choose a day: ${label}`}
            onClick={() => picker.current?.showPicker()}
          >
            <IconCalendar size={16} aria-hidden />
          </ActionIcon>
        }
      />
      <input
        ref={picker}
        type="date"
        className={css.picker}
        tabIndex={-1}
        aria-hidden
        min={min}
        max={max}
        value={value ?? ''}
        onChange={event => onChange(event.currentTarget.value || undefined)}
      />
    </div>
  )
}
