import { Button, Checkbox, NativeSelect, TextInput } from '@mantine/core'
import { Dialog } from '@/components/Dialog'
import '@/components/theme/inputs'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, Problem, read } from '@/api/client'
import { ask } from '@/api/questions'
import type { User } from '@/api/shapes'
import { ShownOnce } from '@/components/ShownOnce'
import css from './Me.module.css'

const DAY_MS = 86_400_000
const LIVES = [
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '364', label: 'a year' },
]
/** These need a person; a key is never given them. */
const PERSONAL = ['users.manage', 'keys.manage', 'privacy.erase', 'contacts.export']

/** What a program may do, and until when; the key itself is shown this once. */
export function NewKey({ me, onClose }: { me: User; onClose: () => void }) {
  const queries = useQueryClient()
  const [name, setName] = useState('')
  const [scopes, setScopes] = useState<string[]>([])
  const [days, setDays] = useState('90')
  const make = useMutation({
    mutationFn: () => {
      const expires_at = new Date(Date.now() + Number(days) * DAY_MS).toISOString()
      return read(api.POST('/api/me/api-keys', { body: { name: name.trim(), scopes, expires_at } }))
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ask.apiKeys().queryKey }),
  })
  if (make.data)
    return (
      <Dialog onClose={onClose} title={`The key of ${make.data.name}`} closeOnClickOutside={false}>
        <ShownOnce label="API key" value={make.data.key}>
          Send it as <code>Authorization: Bearer</code> with each request. It is not shown again; keep it like a
          password.
        </ShownOnce>
      </Dialog>
    )
  return (
    <Dialog onClose={onClose} title="A new key">
      <form
        className={css.setUp}
        onSubmit={event => {
          event.preventDefault()
          make.mutate()
        }}
      >
        <TextInput
          data-autofocus
          label="For what"
          placeholder="Such as Warehouse"
          maxLength={100}
          value={name}
          onChange={event => setName(event.currentTarget.value)}
        />
        <NativeSelect
          label="Counts for"
          value={days}
          data={LIVES}
          onChange={event => setDays(event.currentTarget.value)}
        />
        <fieldset className={css.scopes}>
          <legend>It may</legend>
          {me.permissions
            .filter(permission => !PERSONAL.includes(permission))
            .map(permission => (
              <Checkbox
                key={permission}
                label={permission}
                checked={scopes.includes(permission)}
                onChange={event =>
                  setScopes(
                    event.currentTarget.checked ? [...scopes, permission] : scopes.filter(each => each !== permission),
                  )
                }
              />
            ))}
        </fieldset>
        {make.error && (
          <p className={css.error} role="alert">
            {make.error.message} {make.error instanceof Problem && make.error.remedy}
          </p>
        )}
        <Button type="submit" loading={make.isPending} disabled={!name.trim() || !scopes.length}>
          Make the key
        </Button>
      </form>
    </Dialog>
  )
}
