import { Button } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { api, read } from '@/api/client'
import { session } from '@/api/session'
import { useUser } from '@/api/useSession'
import { Dialog } from '@/ui/Dialog'
import { ErrorText } from '@/ui/ErrorText'
import { OrderedChoices } from '@/ui/OrderedChoices'
import css from './ColumnChooser.module.css'
import { COLUMNS } from './columns'

const USUAL = COLUMNS.filter(column => !column.isExtra).map(column => column.name)
const OPTIONS = COLUMNS.map(({ name, label }) => ({ value: name as string, label }))

/** Chooses the columns of the list and their order, for this user on every device; the export offers the same ones. */
export default function ColumnChooser({ onClose }: { onClose: () => void }) {
  const kept = (useUser().preferences.columns ?? []).filter(name => COLUMNS.some(column => column.name === name))
  const [chosen, setChosen] = useState(kept.length ? kept : USUAL)
  const save = useMutation({
    mutationFn: (columns: string[]) => read(api.PATCH('/api/me', { body: { preferences: { columns } } })),
    onSuccess: user => {
      session.setUser(user)
      onClose()
    },
  })

  return (
    <Dialog onClose={onClose} title="Columns">
      <p className={css.hint}>
        The customer is always shown. Columns that do not fit on the screen are left out from the end; the export has
        all of them.
      </p>
      <OrderedChoices label="Columns of the list" options={OPTIONS} chosen={chosen} onChange={setChosen} />
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
