import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import { Problem } from '@/api/client'
import css from './ConfirmDialog.module.css'
import { Dialog } from './Dialog'

interface Props {
  title: string
  action: string
  /** Red: the action cannot be undone. */
  isDestructive?: boolean
  isBusy: boolean
  error: Error | null
  onConfirm: () => void
  onClose: () => void
  children: ReactNode
}

/** Explains what will change and asks for confirmation. */
export function ConfirmDialog({ title, action, isDestructive, isBusy, error, onConfirm, onClose, children }: Props) {
  return (
    <Dialog onClose={onClose} title={title}>
      <div className={css.confirm}>
        {children}
        {error && (
          <p className={css.error} role="alert">
            {error.message} {error instanceof Problem && error.remedy}
          </p>
        )}
        <div className={css.actions}>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button color={isDestructive ? 'red' : undefined} loading={isBusy} onClick={onConfirm} data-autofocus>
            {action}
          </Button>
        </div>
      </div>
    </Dialog>
  )
}
