import { useEffect, useRef } from 'react'

const SEQUENCE_MS = 900
/** Uses the time of the event, not of its handling: a busy page handles keys late. */
let first = { key: '', at: Number.NEGATIVE_INFINITY }

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) &&
    target.getAttribute('type') !== 'checkbox'
  )
}

/** Keyboard shortcuts: single keys ("j") or sequences ("g t"). Inactive while typing, in dialogs and menus, and with Ctrl, Alt or Meta. */
export function useShortcuts(keys: Record<string, () => void>, enabled = true) {
  const latest = useRef(keys)
  latest.current = keys
  useEffect(() => {
    if (!enabled) return
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
      if (
        document.querySelector('[role="dialog"][aria-modal="true"]') ||
        document.activeElement?.closest('[role="menu"]')
      )
        return
      const pair = event.timeStamp - first.at < SEQUENCE_MS ? `${first.key} ${event.key}` : ''
      const act = latest.current[pair] ?? latest.current[event.key]
      if (act) {
        event.preventDefault()
        act()
      }
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [enabled])
}

/** Remembers the first key of a sequence, after every listener has seen it. */
export function watchKeySequences(): () => void {
  const remember = (event: KeyboardEvent) => {
    if (!isTyping(event.target)) first = { key: event.key, at: event.timeStamp }
  }
  window.addEventListener('keydown', remember)
  return () => window.removeEventListener('keydown', remember)
}

/** Moves the focus to the next or previous row of a list; rows carry data-row. */
export function moveFocus(list: HTMLElement | null, step: 1 | -1) {
  if (!list) return
  const rows = [...list.querySelectorAll<HTMLElement>('[data-row]')]
  const now = rows.findIndex(row => row.contains(document.activeElement))
  const next = rows[now < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, now + step))]
  const target = next?.querySelector<HTMLElement>('[data-focus]') ?? next
  target?.focus()
  target?.scrollIntoView({ block: 'nearest' })
}

/** The row that has the focus, by its data-row. */
export function focusedRow(list: HTMLElement | null): string | null {
  const row = document.activeElement?.closest<HTMLElement>('[data-row]')
  return row && list?.contains(row) ? (row.dataset.row ?? null) : null
}
