import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import css from './Progress.module.css'

interface Props {
  title: ReactNode
  /** What is being done just now, and how far it is. */
  note?: ReactNode
  /** The share done, 0 to 1; null while nobody can say. */
  share: number | null
  onCancel?: () => void
  isCancelling?: boolean
}

/** Something under way: what, how far, and the way out. */
export function Progress({ title, note, share, onCancel, isCancelling }: Props) {
  const name = typeof title === 'string' ? title : 'Progress'
  return (
    <div className={css.working}>
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
