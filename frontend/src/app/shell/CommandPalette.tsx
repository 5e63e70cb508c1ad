import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { type KeyboardEvent, useId, useState } from 'react'
import { api, read } from '@/api/client'
import { usePermissions } from '@/api/useSession'
import type { NavigationEntry } from '@/features/session/navigation'
import { Dialog } from '@/ui/Dialog'
import css from './CommandPalette.module.css'

interface Entry {
  id: string
  label: string
  hint: string
  go: () => void
}

const MAX_CUSTOMERS = 8

/** Focus the field as soon as it exists: an effect runs before the dialog renders it, and text typed meanwhile is lost. */
const focusField = (field: HTMLInputElement | null) => field?.focus()

/** Ctrl K: pages by name, customers by name or number. */
export default function CommandPalette({ pages, onClose }: { pages: NavigationEntry[]; onClose: () => void }) {
  const router = useRouter()
  const can = usePermissions()
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const [q] = useDebouncedValue(text.trim(), 120)
  const listId = useId()
  const found = useQuery({
    queryKey: ['find', q],
    queryFn: ({ signal }) =>
      read(api.GET('/api/customers', { params: { query: { q, limit: MAX_CUSTOMERS } }, signal })),
    enabled: q.length > 1 && can('customers.read'),
    placeholderData: keepPreviousData,
  })
  const entries: Entry[] = [
    ...pages
      .filter(page => page.label.toLowerCase().includes(text.trim().toLowerCase()))
      .map(page => ({
        id: page.to,
        label: page.label,
        hint: `g ${page.key}`,
        go: () => void router.navigate({ to: page.to }),
      })),
    ...(q.length > 1 ? (found.data?.data ?? []) : []).map(row => ({
      id: row.customer_id,
      label: row.name ?? row.customer_id,
      hint: `${row.segment} · ${row.customer_id}`,
      go: () => void router.navigate({ to: '/customers/$id', params: { id: row.customer_id } }),
    })),
  ]
  const active = Math.min(at, entries.length - 1)

  function choose(entry: Entry | undefined) {
    if (!entry) return
    onClose()
    entry.go()
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === 'ArrowDown') setAt(Math.min(active + 1, entries.length - 1))
    else if (event.key === 'ArrowUp') setAt(Math.max(active - 1, 0))
    else if (event.key === 'Enter') choose(entries[active])
    else return
    event.preventDefault()
  }

  return (
    <Dialog
      onClose={onClose}
      withCloseButton={false}
      transitionProps={{ duration: 0 }}
      padding={0}
      yOffset="12vh"
      centered={false}
      title="Search"
      classNames={{ header: 'only-read' }}
    >
      <input
        ref={focusField}
        className={css.input}
        data-autofocus
        role="combobox"
        aria-expanded
        aria-controls={listId}
        aria-activedescendant={entries[active] && `${listId}-${active}`}
        aria-label="Search"
        placeholder={can('customers.names') ? 'Page, customer name or number' : 'Page or customer number'}
        value={text}
        onChange={event => {
          setText(event.currentTarget.value)
          setAt(0)
        }}
        onKeyDown={onKeyDown}
      />
      <div id={listId} role="listbox" aria-label="Results" className={css.list}>
        {entries.map((entry, place) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are handled by the field above, which keeps the focus
          <div
            key={entry.id}
            id={`${listId}-${place}`}
            role="option"
            tabIndex={-1}
            aria-selected={place === active}
            className={css.entry}
            onClick={() => choose(entry)}
            onMouseMove={() => setAt(place)}
          >
            <span>{entry.label}</span>
            <span className={css.hint}>{entry.hint}</span>
          </div>
        ))}
      </div>
      {entries.length === 0 && <p className={css.empty}>{found.isFetching ? 'Searching…' : 'No results'}</p>}
    </Dialog>
  )
}
