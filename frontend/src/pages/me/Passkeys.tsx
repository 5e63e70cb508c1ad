import { Button, TextInput } from '@mantine/core'
import '@/ui/theme/inputs'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, read } from '@/api/client'
import { queries } from '@/api/queries'
import type { Passkey } from '@/api/shapes'
import { createPasskey, hasPasskeys } from '@/features/session/passkeys'
import { RecoveryCodes } from '@/features/session/RecoveryCodes'
import { ConfirmDialog } from '@/ui/ConfirmDialog'
import { dateTime, day } from '@/ui/format'
import { Card } from '@/ui/Page'
import { Loading, QueryState } from '@/ui/states'
import { showError, showToast } from '@/ui/toasts'
import css from './Me.module.css'

/** Passkeys: sign in with this device or a security key instead of the password. */
export function Passkeys() {
  const query = useQuery(queries.passkeys())
  const queryClient = useQueryClient()
  const [name, setName] = useState('')
  const [codes, setCodes] = useState<string[]>([])
  const [removing, setRemoving] = useState<Passkey | null>(null)
  const refresh = () => queryClient.invalidateQueries({ queryKey: ['me'] })
  const add = useMutation({
    mutationFn: async () => {
      const { ticket, options } = await read(api.POST('/api/me/passkeys/options'))
      const credential = (await createPasskey(options)) as Record<string, unknown>
      return read(api.POST('/api/me/passkeys', { body: { ticket, credential, name: name.trim() || 'Passkey' } }))
    },
    onSuccess: added => {
      setName('')
      setCodes(added.recovery_codes)
      showToast(`Passkey ${added.name} added`, { tone: 'good' })
      return refresh()
    },
    onError: showError,
  })
  return (
    <Card
      title="Passkeys"
      note="Sign in with this device’s fingerprint, face or PIN. A passkey cannot be guessed or stolen by a fake website"
    >
      <QueryState query={query} loading={<Loading rows={2} height={40} />}>
        {answer => (
          <ul className={css.rows}>
            {answer.data.map(key => (
              <li key={key.passkey_id} className={css.row}>
                <div>
                  <p>{key.name}</p>
                  <p className={css.dim}>
                    Added {day(key.created_at)},{' '}
                    {key.last_used_at ? `last used ${dateTime(key.last_used_at)}` : 'never used'}
                  </p>
                </div>
                <Button variant="default" aria-label={`Remove passkey ${key.name}`} onClick={() => setRemoving(key)}>
                  Remove
                </Button>
              </li>
            ))}
          </ul>
        )}
      </QueryState>
      {hasPasskeys() ? (
        <form
          className={css.add}
          onSubmit={event => {
            event.preventDefault()
            add.mutate()
          }}
        >
          <TextInput
            aria-label="Name of the new passkey"
            placeholder="For example: Laptop"
            maxLength={100}
            value={name}
            onChange={event => setName(event.currentTarget.value)}
          />
          <Button type="submit" variant="default" loading={add.isPending}>
            Add passkey
          </Button>
        </form>
      ) : (
        <p className={css.dim}>This browser does not support passkeys on this address.</p>
      )}
      {codes.length > 0 && <RecoveryCodes codes={codes} onClose={() => setCodes([])} />}
      {removing && <Remove passkey={removing} onClose={() => setRemoving(null)} onDone={refresh} />}
    </Card>
  )
}

function Remove({ passkey, onClose, onDone }: { passkey: Passkey; onClose: () => void; onDone: () => Promise<void> }) {
  const remove = useMutation({
    mutationFn: () =>
      read(api.DELETE('/api/me/passkeys/{passkey_id}', { params: { path: { passkey_id: passkey.passkey_id } } })),
    onSuccess: () => {
      showToast(`Passkey ${passkey.name} removed`)
      onClose()
      return onDone()
    },
  })
  return (
    <ConfirmDialog
      title={`Remove passkey ${passkey.name}?`}
      action="Remove"
      isDestructive
      isBusy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      <p>It can no longer be used to sign in. You can add the device again later.</p>
    </ConfirmDialog>
  )
}
