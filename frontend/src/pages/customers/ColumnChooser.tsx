import { ActionIcon, Button, Checkbox } from '@mantine/core'
import { Dialog } from '@/ui/Dialog'
import '@/ui/theme/inputs'
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { api, read } from '@/api/client'
import { session } from '@/api/session'
import { useUser } from '@/api/useSession'
import { ErrorText } from '@/ui/ErrorText'
import css from './ColumnChooser.module.css'
import { COLUMNS } from './columns'

const USUAL = COLUMNS.filter(column => !column.isExtra).map(column => column.name)
const labelOf = (name: string) => COLUMNS.find(column => column.name === name)?.label ?? name

/** Chooses the columns of the list and their order, for this user on every device; the export offers the same ones. */
export default function ColumnChooser({ onClose }: { onClose: () => void }) {
  const kept = (useUser().preferences.columns ?? []).filter(name => COLUMNS.some(column => column.name === name))
  const [chosen, setChosen] = useState(kept.length ? kept : USUAL)
  const others = COLUMNS.map(column => column.name).filter(name => !chosen.includes(name))
  const save = useMutation({
    mutationFn: (columns: string[]) => read(api.PATCH('/api/me', { body: { preferences: { columns } } })),
    onSuccess: user => {
      session.setUser(user)
      onClose()
    },
  })

  function move(place: number, step: 1 | -1) {
    const next = [...chosen]
    const [name] = next.splice(place, 1)
    if (name) next.splice(place + step, 0, name)
    setChosen(next)
  }

  return (
    <Dialog onClose={onClose} title="Columns">
      <p className={css.hint}>
        The customer is always shown. Columns that do not fit on the screen are left out from the end; the export has
        all of them.
      </p>
      <ul className={css.columns} aria-label="Columns of the list">
        {[...chosen, ...others].map((name, place) => (
          <li key={name} className={css.column}>
            <Checkbox
              label={labelOf(name)}
              checked={place < chosen.length}
              onChange={event =>
                setChosen(event.currentTarget.checked ? [...chosen, name] : chosen.filter(each => each !== name))
              }
            />
            {place < chosen.length && (
              <span className={css.moves}>
                <ActionIcon
                  variant="subtle"
                  aria-label={`Move ${labelOf(name)} up`}
                  disabled={place === 0}
                  onClick={() => move(place, -1)}
                >
                  <IconArrowUp size={16} />
                </ActionIcon>
                <ActionIcon
                  variant="subtle"
                  aria-label={`Move ${labelOf(name)} down`}
                  disabled={place === chosen.length - 1}
                  onClick={() => move(place, 1)}
                >
                  <IconArrowDown size={16} />
                </ActionIcon>
              </span>
            )}
          </li>
        ))}
      </ul>
      <ErrorText error={save.error} />
      <div className={css.actions}>
        <Button variant="subtle" onClick={() => save.mutate([])}>
          Usual columns
        </Button>
        <Button disabled={chosen.length === 0} loading={save.isPending} onClick={() => save.mutate(chosen)}>
          Save
        </Button>
      </div>
    </Dialog>
  )
}
