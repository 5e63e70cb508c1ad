import { ActionIcon, Button, TextInput } from '@mantine/core'
import '@/ui/theme/inputs'
import { IconTrash } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, read } from '@/api/client'
import type { ChartNote } from '@/api/shapes'
import { usePermissions } from '@/api/useSession'
import { DateField } from '@/ui/DateField'
import { Dialog } from '@/ui/Dialog'
import { day } from '@/ui/format'
import { showError, showToast } from '@/ui/toasts'
import css from './NotesDialog.module.css'

/** The notes on the sales charts, and a form to add one: a day and what happened. */
export default function NotesDialog({ notes, onClose }: { notes: ChartNote[]; onClose: () => void }) {
  const canChange = usePermissions()('sales.annotate')
  const queryClient = useQueryClient()
  const renew = () => queryClient.invalidateQueries({ queryKey: ['chart-notes'] })
  const add = useMutation({
    mutationFn: (note: Pick<ChartNote, 'day' | 'text'>) => read(api.POST('/api/chart-notes', { body: note })),
    onSuccess: renew,
    onError: showError,
  })
  const remove = useMutation({
    mutationFn: (id: number) => read(api.DELETE('/api/chart-notes/{note_id}', { params: { path: { note_id: id } } })),
    onSuccess: note => {
      showToast(`Note deleted: ${note.text}`, { undo: () => add.mutate({ day: note.day, text: note.text }) })
      return renew()
    },
    onError: showError,
  })
  return (
    <Dialog title="Notes on the sales charts" onClose={onClose}>
      {canChange && (
        <NoteForm onAdd={(note, done) => add.mutate(note, { onSuccess: done })} isPending={add.isPending} />
      )}
      <ul className={css.notes}>
        {notes.map(note => (
          <li key={note.note_id}>
            <span>
              <strong>{day(note.day)}</strong> {note.text}
              {note.author && <span className={css.author}> {note.author}</span>}
            </span>
            {canChange && (
              <ActionIcon
                variant="subtle"
                aria-label={`Delete the note ${note.text}`}
                onClick={() => remove.mutate(note.note_id)}
              >
                <IconTrash size={16} />
              </ActionIcon>
            )}
          </li>
        ))}
      </ul>
    </Dialog>
  )
}

interface FormProps {
  onAdd: (note: Pick<ChartNote, 'day' | 'text'>, done: () => void) => void
  isPending: boolean
}

function NoteForm({ onAdd, isPending }: FormProps) {
  const [at, setAt] = useState('')
  const [text, setText] = useState('')
  return (
    <form
      className={css.form}
      onSubmit={event => {
        event.preventDefault()
        onAdd({ day: at, text: text.trim() }, () => setText(''))
      }}
    >
      <DateField label="Day" value={at || undefined} onChange={day => setAt(day ?? '')} />
      <TextInput
        label="What happened"
        placeholder="Spring campaign"
        required
        maxLength={120}
        value={text}
        onChange={event => setText(event.currentTarget.value)}
        className={css.text}
      />
      <Button type="submit" loading={isPending} disabled={!at || !text.trim()}>
        Add
      </Button>
    </form>
  )
}
