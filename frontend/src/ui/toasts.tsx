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
}

const VISIBLE_MS = 8_000
const MAX_TOASTS = 3
let toasts: Toast[] = []
let lastId = 0
const listeners = new Set<() => void>()

function set(next: Toast[]) {
  toasts = next
  for (const tell of listeners) tell()
}

function close(id: number) {
  set(toasts.filter(each => each.id !== id))
}

/** Says what has just happened, with a way back where there is one. With something to show it stays, in place of the one before. */
export function showToast(text: string, options: Partial<Pick<Toast, 'tone' | 'undo' | 'show'>> = {}) {
  const id = ++lastId
  const others = options.show ? toasts.filter(each => !each.show) : toasts
  set([...others, { id, text, tone: 'plain' as const, ...options }].slice(-MAX_TOASTS))
  if (!options.show) setTimeout(() => close(id), VISIBLE_MS)
}

export function showError(error: unknown) {
  showToast(error instanceof Error ? error.message : 'That did not work.', { tone: 'bad' })
}

/** The z key: takes back the newest thing that can be taken back. */
export function undoLast() {
  const newest = toasts.findLast(each => each.undo)
  if (!newest) return
  close(newest.id)
  newest.undo?.()
}

const subscribe = (tell: () => void) => {
  listeners.add(tell)
  return () => {
    listeners.delete(tell)
  }
}

export function Toasts() {
  const shown = useSyncExternalStore(subscribe, () => toasts)
  return (
    <section className={`${css.stack} no-print`} aria-label="Messages" aria-live="polite">
      {shown.map(each => (
        <div key={each.id} className={css.toast} data-tone={each.tone}>
          <span>{each.text}</span>
          {each.undo && (
            <button type="button" className={css.act} onClick={undoLast}>
              Undo <kbd>z</kbd>
            </button>
          )}
          {each.show && (
            <button
              type="button"
              className={css.act}
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
