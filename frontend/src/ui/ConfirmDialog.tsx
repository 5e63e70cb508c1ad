import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import { ErrorText } from '@/ui/ErrorText'
import css from './ConfirmDialog.module.css'
import { Dialog } from './Dialog'

interface Props {
  title: string
  action: string
  /** Red: the action cannot be undone. */
  isDestructive?: boolean
  /** The action cannot be chosen yet. */
  isDisabled?: boolean | undefined
  isBusy: boolean
  error: Error | null
  onConfirm: () => void
  onClose: () => void
  size?: 'lg'
  children: ReactNode
}

/** Explains what will change and asks for confirmation. */
export function ConfirmDialog({
  title,
  action,
  isDestructive,
  isDisabled,
  isBusy,
  error,
  onConfirm,
  onClose,
  size,
  children,
}: Props) {
  return (
    <Dialog onClose={onClose} title={title} {...(size && { size })}>
      <div className={css.confirm}>
        {children}
        <ErrorText error={error} />
        <div className={css.actions}>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button
            color={isDestructive ? 'red' : undefined}
            loading={isBusy}
            disabled={isDisabled ?? false}
            onClick={onConfirm}
            data-autofocus
          >
            {action}
          </Button>
        </div>
      </div>
    </Dialog>
  )
}
