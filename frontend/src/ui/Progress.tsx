import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import css from './Progress.module.css'

interface Props {
  title: ReactNode
  /** The current step and its progress. */
  note?: ReactNode
  /** The share done, 0 to 1; null while unknown. */
  share: number | null
  onCancel?: () => void
  isCancelling?: boolean
}

/** A running job: what it does, how far it is, and a cancel button. */
export function Progress({ title, note, share, onCancel, isCancelling }: Props) {
  const name = typeof title === 'string' ? title : 'Progress'
  return (
    <div className={css.progress}>
      <div>
        <p className={css.title}>{title}</p>
        <p className={css.note} role="status">
          {note}
        </p>
      </div>
      {onCancel && (
        <Button variant="default" onClick={onCancel} loading={isCancelling}>
          Cancel
        </Button>
      )}
      <progress className={css.bar} aria-label={name} value={share ?? undefined} max={1} />
    </div>
  )
}
