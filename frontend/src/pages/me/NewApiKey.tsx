import { Button, Checkbox, NativeSelect, TextInput } from '@mantine/core'
import { Dialog } from '@/ui/Dialog'
import '@/ui/theme/inputs'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, read } from '@/api/client'
import { queries } from '@/api/queries'
import type { User } from '@/api/shapes'
import { byPermissionName, permissionName } from '@/features/session/permissions'
import { ErrorText } from '@/ui/ErrorText'
import { OneTimeSecret } from '@/ui/OneTimeSecret'
import css from './Me.module.css'

const DAY_MS = 86_400_000
const LIFETIMES = [
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '364', label: '1 year' },
]
/** Only a signed-in user may do these. An administrator can let a key show contact details. */
const NEVER_BY_KEY = ['users.manage', 'keys.manage', 'privacy.erase', 'contacts.export', 'contacts.reveal']

/** Creates an API key with chosen permissions and lifetime; the key itself is shown once. */
export function NewApiKey({ me, onClose }: { me: User; onClose: () => void }) {
  const queryClient = useQueryClient()
  const [name, setName] = useState('')
  const [scopes, setScopes] = useState<string[]>([])
  const [days, setDays] = useState('90')
  const create = useMutation({
    mutationFn: () => {
      const expires_at = new Date(Date.now() + Number(days) * DAY_MS).toISOString()
      return read(api.POST('/api/me/api-keys', { body: { name: name.trim(), scopes, expires_at } }))
    },
    onSuccess: () => queryClient.invalidateQueries({ queryKey: queries.apiKeys().queryKey }),
  })
  if (create.data)
    return (
      <Dialog onClose={onClose} title={`API key ${create.data.name}`} closeOnClickOutside={false}>
        <OneTimeSecret label="API key" value={create.data.key}>
          Send it with each request in the header <code>Authorization: Bearer</code>. It is not shown again; keep it as
          safe as a password.
        </OneTimeSecret>
      </Dialog>
    )
  return (
    <Dialog onClose={onClose} title="New API key">
      <form
        className={css.setUp}
        onSubmit={event => {
          event.preventDefault()
          create.mutate()
        }}
      >
        <TextInput
          data-autofocus
          label="Purpose"
          placeholder="For example: Warehouse"
          maxLength={100}
          value={name}
          onChange={event => setName(event.currentTarget.value)}
        />
        <NativeSelect
          label="Expires after"
          value={days}
          data={LIFETIMES}
          onChange={event => setDays(event.currentTarget.value)}
        />
        <fieldset className={css.scopes}>
          <legend>Permissions</legend>
          {byPermissionName(me.permissions)
            .filter(permission => !NEVER_BY_KEY.includes(permission))
            .map(permission => (
              <Checkbox
                key={permission}
                label={permissionName(permission)}
                checked={scopes.includes(permission)}
                onChange={event =>
                  setScopes(
                    event.currentTarget.checked
                      ? [...scopes, permission]
                      : scopes.filter(scope => scope !== permission),
                  )
                }
              />
            ))}
        </fieldset>
        <ErrorText error={create.error} />
        <Button type="submit" loading={create.isPending} disabled={!name.trim() || !scopes.length}>
          Create key
        </Button>
      </form>
    </Dialog>
  )
}
