import { Button, Group, TextInput } from '@mantine/core'
import { Dialog } from '@/ui/Dialog'
import '@/ui/theme/inputs'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { api, read } from '@/api/client'
import { session } from '@/api/session'
import { useUser } from '@/api/useSession'
import { hasPasskeys, signWithPasskey } from './passkeys'
import { Username } from './Username'

async function passkey() {
  const { options, ticket } = await read(api.POST('/api/auth/passkey/options'))
  return { passkey: { ticket, credential: await signWithPasskey(options) } }
}

/** Asks for the password or second factor again before a sensitive action. */
export default function StepUpDialog({ onDone }: { onDone: (confirmed: boolean) => void }) {
  const user = useUser()
  const [secret, setSecret] = useState('')
  const word = user.second_factor ? 'code' : 'password'
  const label = user.factors.includes('totp') ? 'Code from your authenticator app' : 'Recovery code'
  const confirm = useMutation({
    mutationFn: async (by: 'secret' | 'passkey') =>
      read(api.POST('/api/auth/step-up', { body: by === 'passkey' ? await passkey() : { [word]: secret } })),
    onSuccess: fresh => {
      session.setToken(fresh.access_token)
      onDone(true)
    },
  })
  return (
    <Dialog
      onClose={() => onDone(false)}
      title={user.second_factor ? 'Confirm with your second factor' : 'Confirm your password'}
    >
      <form
        onSubmit={event => {
          event.preventDefault()
          confirm.mutate('secret')
        }}
      >
        {!user.second_factor && <Username email={user.email} />}
        <TextInput
          data-autofocus
          label={user.second_factor ? label : 'Password'}
          type={user.second_factor ? 'text' : 'password'}
          inputMode={user.second_factor ? 'numeric' : undefined}
          autoComplete={user.second_factor ? 'one-time-code' : 'current-password'}
          value={secret}
          onChange={event => setSecret(event.currentTarget.value)}
          error={confirm.error?.message}
        />
        <Group mt="md">
          <Button type="submit" loading={confirm.isPending} disabled={!secret}>
            Confirm
          </Button>
          {user.factors.includes('passkey') && hasPasskeys() && (
            <Button variant="default" disabled={confirm.isPending} onClick={() => confirm.mutate('passkey')}>
              Use a passkey
            </Button>
          )}
        </Group>
      </form>
    </Dialog>
  )
}
