import { Button } from '@mantine/core'
import { Dialog } from '@/ui/Dialog'
import '@/ui/theme/inputs'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, read } from '@/api/client'
import { ErrorText } from '@/ui/ErrorText'
import { EmailField, NameField } from '@/ui/fields'
import { OneTimeSecret } from '@/ui/OneTimeSecret'
import css from './Admin.module.css'
import { RolesAndTeam } from './RolesAndTeam'

/** Adds a user. They sign in first by a one-time link, which is shown here once. */
export function AddUser({ onClose }: { onClose: () => void }) {
  const queryClient = useQueryClient()
  const [name, setName] = useState('')
  const [email, setEmail] = useState('')
  const [roles, setRoles] = useState<string[]>(['rep'])
  const [teamId, setTeamId] = useState<number | null>(null)
  const add = useMutation({
    mutationFn: () => read(api.POST('/api/users', { body: { name, email, roles, team_id: teamId } })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['users'] }),
  })
  if (add.data)
    return (
      <Dialog onClose={onClose} title={`${add.data.name} was added`} closeOnClickOutside={false}>
        <OneTimeSecret label="One-time link" value={add.data.link}>
          The sign-in name is {add.data.email}. Give this link to {add.data.name} in person or by a channel you trust.
          It works once, within 24 hours, and is not shown again.
        </OneTimeSecret>
      </Dialog>
    )
  return (
    <Dialog onClose={onClose} title="Add a user">
      <form
        className={css.form}
        onSubmit={event => {
          event.preventDefault()
          add.mutate()
        }}
      >
        <NameField data-autofocus value={name} onChange={setName} />
        <EmailField value={email} onChange={setEmail} />
        <RolesAndTeam roles={roles} teamId={teamId} onRoles={setRoles} onTeam={setTeamId} />
        <ErrorText error={add.error} keepsHeight />
        <Button type="submit" loading={add.isPending} disabled={!roles.length}>
          Add user
        </Button>
      </form>
    </Dialog>
  )
}
