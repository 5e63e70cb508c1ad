import { CloseButton } from '@mantine/core'
import '@mantine/core/styles/CloseButton.layer.css'
import { useSyncExternalStore } from 'react'
import css from './toasts.module.css'

interface Toast {
  id: number
  text: string
  tone: 'plain' | 'good' | 'bad'
  undo?: () => void
  show?: () => void
  stays?: boolean
}

const VISIBLE_MS = 8_000
const MAX_TOASTS = 3
let toasts: Toast[] = []
let lastId = 0
const listeners = new Set<() => void>()

function set(next: Toast[]) {
  toasts = next
  for (const notify of listeners) notify()
}

function close(id: number) {
  set(toasts.filter(each => each.id !== id))
}

/**
 * Shows a message, with Undo where the action can be undone. A message with `show` stays until it is closed and replaces
 * the one before it; one that `stays` is closed by hand; others disappear after 8 seconds.
 */
export function showToast(text: string, options: Partial<Pick<Toast, 'tone' | 'undo' | 'show' | 'stays'>> = {}) {
  const id = ++lastId
  const others = options.show ? toasts.filter(each => !each.show) : toasts
  set([...others, { id, text, tone: 'plain' as const, ...options }].slice(-MAX_TOASTS))
  if (!options.show && !options.stays) setTimeout(() => close(id), VISIBLE_MS)
}

export function showError(error: unknown) {
  showToast(error instanceof Error ? error.message : 'Something went wrong.', { tone: 'bad' })
}

/** Undoes the action that this message names. */
function undo(toast: Toast) {
  close(toast.id)
  toast.undo?.()
}

/** The newest message with Undo, which the z key undoes. */
const newestUndoable = () => toasts.findLast(toast => toast.undo)

/** The z key: undoes the newest action that can be undone. */
export function undoLast() {
  const newest = newestUndoable()
  if (newest) undo(newest)
}

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
  }
}

export function Toasts() {
  const shown = useSyncExternalStore(subscribe, () => toasts)
  const newest = newestUndoable()
  return (
    <section className={`${css.stack} no-print`} aria-label="Notifications" aria-live="polite">
      {shown.map(each => (
        <div key={each.id} className={css.toast} data-tone={each.tone}>
          <span>{each.text}</span>
          {each.undo && (
            <button type="button" className={css.action} onClick={() => undo(each)}>
              Undo {each === newest && <kbd>z</kbd>}
            </button>
          )}
          {each.show && (
            <button
              type="button"
              className={css.action}
              onClick={() => {
                close(each.id)
                each.show?.()
              }}
            >
              Show
            </button>
          )}
          <CloseButton size="sm" aria-label="Close message" onClick={() => close(each.id)} className={css.close} />
        </div>
      ))}
    </section>
  )
}
