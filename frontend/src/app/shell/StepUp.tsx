import { Button, Modal, TextInput } from '@mantine/core'
import '@/components/theme/dialogs'
import '@/components/theme/inputs'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { api, read } from '@/api/client'
import { session } from '@/api/session'
import { useUser } from '@/components/signedIn'

/** Asks once more who is there, before something that cannot be taken back. */
export default function StepUp({ onDone }: { onDone: (confirmed: boolean) => void }) {
  const user = useUser()
  const [secret, setSecret] = useState('')
  const confirm = useMutation({
    mutationFn: () =>
      read(api.POST('/api/auth/step-up', { body: user.second_factor ? { code: secret } : { password: secret } })),
    onSuccess: fresh => {
      if (fresh.access_token) session.setToken(fresh.access_token)
      onDone(true)
    },
  })
  return (
    <Modal opened onClose={() => onDone(false)} title="Is it you?">
      <form
        onSubmit={event => {
          event.preventDefault()
          confirm.mutate()
        }}
      >
        <TextInput
          data-autofocus
          label={user.second_factor ? 'Code from your authenticator' : 'Your password'}
          type={user.second_factor ? 'text' : 'password'}
          inputMode={user.second_factor ? 'numeric' : undefined}
          autoComplete={user.second_factor ? 'one-time-code' : 'current-password'}
          value={secret}
          onChange={event => setSecret(event.currentTarget.value)}
          error={confirm.error?.message}
        />
        <Button type="submit" mt="md" loading={confirm.isPending} disabled={!secret}>
          Confirm
        </Button>
      </form>
    </Modal>
  )
}
