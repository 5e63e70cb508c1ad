import { Button, Checkbox } from '@mantine/core'
import { Dialog } from '@/components/Dialog'
import '@/components/theme/inputs'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { api, read } from '@/api/client'
import type { Account } from '@/api/shapes'
import { ConfirmDialog } from '@/components/ConfirmDialog'
import { EmailField, NameField } from '@/components/fields'
import { ShownOnce } from '@/components/ShownOnce'
import { useUser } from '@/components/signedIn'
import { say } from '@/components/toasts'
import css from './Admin.module.css'
import { Rights } from './Rights'

interface Change {
  name?: string
  email?: string
  roles?: string[]
  team_id?: number | null
  disabled?: boolean
}

/** One user: name, roles, team; locked out or let in; a way back for whoever lost password or phone. */
export function OneUser({ user }: { user: Account }) {
  const navigate = useNavigate({ from: '/admin' })
  const queries = useQueryClient()
  const me = useUser()
  const [name, setName] = useState(user.name)
  const [email, setEmail] = useState(user.email)
  const [roles, setRoles] = useState(user.roles)
  const [teamId, setTeamId] = useState(user.team?.team_id ?? null)
  const [asking, setAsking] = useState<'lock' | 'reset' | null>(null)
  const isSelf = user.user_id === me.user_id
  const close = () => void navigate({ search: now => ({ ...now, user: undefined }), resetScroll: false })
  const change = useMutation({
    mutationFn: (body: Change) =>
      read(api.PATCH('/api/users/{user_id}', { params: { path: { user_id: user.user_id } }, body })),
    onSuccess: (fresh, body) => {
      void queries.invalidateQueries({ queryKey: ['users'] })
      if (body.disabled === undefined) say(`${fresh.name} is changed; it counts at once`, { tone: 'good' })
      else if (body.disabled) say(`${fresh.name} is locked out`, { undo: () => change.mutate({ disabled: false }) })
      else say(`${fresh.name} may sign in again`, { tone: 'good' })
      close()
    },
  })

  function changed(): Change {
    return {
      ...(name !== user.name ? { name } : {}),
      ...(email !== user.email ? { email } : {}),
      ...(String([...roles].sort()) !== String([...user.roles].sort()) ? { roles } : {}),
      ...(teamId !== (user.team?.team_id ?? null) ? { team_id: teamId } : {}),
    }
  }

  if (asking === 'reset') return <Reset user={user} onClose={() => setAsking(null)} onDone={close} />
  if (asking === 'lock')
    return (
      <ConfirmDialog
        title={`Lock ${user.name} out?`}
        action="Lock out"
        isGrave
        isBusy={change.isPending}
        error={change.error}
        onConfirm={() => change.mutate({ disabled: true })}
        onClose={() => setAsking(null)}
      >
        <p>All sessions and API keys of {user.name} end at once. What they did stays. You can let them in again.</p>
      </ConfirmDialog>
    )
  return (
    <Dialog onClose={close} title={user.name}>
      <form
        className={css.form}
        onSubmit={event => {
          event.preventDefault()
          change.mutate(changed())
        }}
      >
        <NameField value={name} onChange={setName} />
        <EmailField value={email} onChange={setEmail} />
        <Rights roles={roles} teamId={teamId} onRoles={setRoles} onTeam={setTeamId} isSelf={isSelf} />
        {isSelf && <p className={css.dim}>Nobody changes the own roles; another administrator can.</p>}
        <p className={css.error} role="alert">
          {change.error?.message}
        </p>
        <div className={css.buttons}>
          <Button type="submit" loading={change.isPending} disabled={!Object.keys(changed()).length}>
            Save
          </Button>
          <Button variant="default" onClick={() => setAsking('reset')}>
            New one-time link
          </Button>
          {user.disabled ? (
            <Button variant="default" onClick={() => change.mutate({ disabled: false })}>
              Let in again
            </Button>
          ) : (
            !isSelf && (
              <Button variant="default" onClick={() => setAsking('lock')}>
                Lock out
              </Button>
            )
          )}
        </div>
      </form>
    </Dialog>
  )
}

function Reset({ user, onClose, onDone }: { user: Account; onClose: () => void; onDone: () => void }) {
  const [factors, setFactors] = useState(false)
  const reset = useMutation({
    mutationFn: () =>
      read(
        api.POST('/api/users/{user_id}/reset', {
          params: { path: { user_id: user.user_id } },
          body: { second_factor: factors },
        }),
      ),
  })
  if (reset.data)
    return (
      <Dialog onClose={onDone} title={`A way in for ${user.name}`} closeOnClickOutside={false}>
        <ShownOnce label="One-time link" value={reset.data.link}>
          Hand this link over in person or by a channel you trust. It counts once, for a day, and is not shown again.
        </ShownOnce>
      </Dialog>
    )
  return (
    <ConfirmDialog
      title={`A new link for ${user.name}?`}
      action="Make the link"
      isBusy={reset.isPending}
      error={reset.error}
      onConfirm={() => reset.mutate()}
      onClose={onClose}
    >
      <p>For whoever has lost the password. All their sessions end.</p>
      <Checkbox
        checked={factors}
        onChange={event => setFactors(event.currentTarget.checked)}
        label="The phone is lost, too"
        description="Also forgets the authenticator app, passkeys and recovery codes."
      />
    </ConfirmDialog>
  )
}
