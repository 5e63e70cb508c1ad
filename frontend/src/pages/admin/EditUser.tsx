import { Button } from '@mantine/core'
import { Dialog } from '@/ui/Dialog'
import '@/ui/theme/inputs'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { api, read } from '@/api/client'
import type { Account } from '@/api/shapes'
import { useUser } from '@/api/useSession'
import { ConfirmDialog } from '@/ui/ConfirmDialog'
import { ErrorText } from '@/ui/ErrorText'
import { EmailField, NameField } from '@/ui/fields'
import { showToast } from '@/ui/toasts'
import css from './Admin.module.css'
import { ResetSignIn } from './ResetSignIn'
import { RolesAndTeam } from './RolesAndTeam'

interface Change {
  name?: string
  email?: string
  roles?: string[]
  team_id?: number | null
  disabled?: boolean
}

/** Edits a user: name, e-mail, roles and team; blocks them, or gives them a new sign-in link. */
export function EditUser({ user }: { user: Account }) {
  const navigate = useNavigate({ from: '/admin' })
  const queryClient = useQueryClient()
  const me = useUser()
  const [name, setName] = useState(user.name)
  const [email, setEmail] = useState(user.email)
  const [roles, setRoles] = useState(user.roles)
  const [teamId, setTeamId] = useState(user.team?.team_id ?? null)
  const [confirming, setConfirming] = useState<'block' | 'reset' | null>(null)
  const isSelf = user.user_id === me.user_id
  const close = () => void navigate({ search: now => ({ ...now, user: undefined }), resetScroll: false })
  const change = useMutation({
    mutationFn: (body: Change) =>
      read(api.PATCH('/api/users/{user_id}', { params: { path: { user_id: user.user_id } }, body })),
    onSuccess: (fresh, body) => {
      void queryClient.invalidateQueries({ queryKey: ['users'] })
      if (body.disabled === undefined) showToast(`${fresh.name} saved; takes effect immediately`, { tone: 'good' })
      else if (body.disabled) showToast(`${fresh.name} blocked`, { undo: () => change.mutate({ disabled: false }) })
      else showToast(`${fresh.name} can sign in again`, { tone: 'good' })
      close()
    },
  })

  function findChanges(): Change {
    return {
      ...(name !== user.name ? { name } : {}),
      ...(email !== user.email ? { email } : {}),
      ...(String([...roles].sort()) !== String([...user.roles].sort()) ? { roles } : {}),
      ...(teamId !== (user.team?.team_id ?? null) ? { team_id: teamId } : {}),
    }
  }

  if (confirming === 'reset') return <ResetSignIn user={user} onClose={() => setConfirming(null)} onDone={close} />
  if (confirming === 'block')
    return (
      <ConfirmDialog
        title={`Block ${user.name}?`}
        action="Block"
        isDestructive
        isBusy={change.isPending}
        error={change.error}
        onConfirm={() => change.mutate({ disabled: true })}
        onClose={() => setConfirming(null)}
      >
        <p>
          {user.name} is signed out everywhere and their API keys stop working. Their calls and notes stay. You can
          unblock them later.
        </p>
      </ConfirmDialog>
    )
  return (
    <Dialog onClose={close} title={user.name}>
      <form
        className={css.form}
        onSubmit={event => {
          event.preventDefault()
          change.mutate(findChanges())
        }}
      >
        <NameField value={name} onChange={setName} />
        <EmailField value={email} onChange={setEmail} />
        <RolesAndTeam roles={roles} teamId={teamId} onRoles={setRoles} onTeam={setTeamId} isSelf={isSelf} />
        {isSelf && <p className={css.dim}>You cannot change your own roles; another administrator can.</p>}
        <ErrorText error={change.error} keepsHeight />
        <div className={css.buttons}>
          <Button type="submit" loading={change.isPending} disabled={!Object.keys(findChanges()).length}>
            Save
          </Button>
          <Button variant="default" onClick={() => setConfirming('reset')}>
            New sign-in link
          </Button>
          {user.disabled ? (
            <Button variant="default" onClick={() => change.mutate({ disabled: false })}>
              Unblock
            </Button>
          ) : (
            !isSelf && (
              <Button variant="default" onClick={() => setConfirming('block')}>
                Block
              </Button>
            )
          )}
        </div>
      </form>
    </Dialog>
  )
}
