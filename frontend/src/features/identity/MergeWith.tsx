import { Button, TextInput } from '@mantine/core'
import '@/ui/theme/inputs'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { Dialog } from '@/ui/Dialog'
import css from './Identity.module.css'
import MergeDialog from './MergeDialog'

const NUMBER = /^c\d{6,12}$/i

/** Asks for the other customer, then shows what merging the two changes. */
export default function MergeWith({ id, onClose }: { id: string; onClose: () => void }) {
  const navigate = useNavigate()
  const [typed, setTyped] = useState('')
  const [other, setOther] = useState('')
  if (other)
    return (
      <MergeDialog
        ids={[id, other]}
        onDone={kept => void navigate({ to: '/customers/$id', params: { id: kept }, replace: true })}
        onClose={onClose}
      />
    )
  return (
    <Dialog onClose={onClose} title={`Merge ${id} with another customer`}>
      <form
        className={css.ask}
        onSubmit={event => {
          event.preventDefault()
          setOther(typed.trim().toUpperCase())
        }}
      >
        <TextInput
          label="The other customer"
          description="For example C000123. You will see what changes before anything is merged."
          value={typed}
          onChange={event => setTyped(event.currentTarget.value)}
          data-autofocus
        />
        <Button type="submit" disabled={!NUMBER.test(typed.trim()) || typed.trim().toUpperCase() === id}>
          Compare
        </Button>
      </form>
    </Dialog>
  )
}
