import { Checkbox } from '@mantine/core'
import { Dialog } from '@/ui/Dialog'
import '@/ui/theme/inputs'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { api, read } from '@/api/client'
import type { Account } from '@/api/shapes'
import { ConfirmDialog } from '@/ui/ConfirmDialog'
import { OneTimeSecret } from '@/ui/OneTimeSecret'

/** Gives a user who lost password or phone a new one-time link. */
export function ResetSignIn({ user, onClose, onDone }: { user: Account; onClose: () => void; onDone: () => void }) {
  const [removesFactors, setRemovesFactors] = useState(false)
  const reset = useMutation({
    mutationFn: () =>
      read(
        api.POST('/api/users/{user_id}/reset', {
          params: { path: { user_id: user.user_id } },
          body: { second_factor: removesFactors },
        }),
      ),
  })
  if (reset.data)
    return (
      <Dialog onClose={onDone} title={`Sign-in link for ${user.name}`} closeOnClickOutside={false}>
        <OneTimeSecret label="One-time link" value={reset.data.link}>
          {user.name} signs in as {user.email}. Give this link to them in person or by a channel you trust. It works
          once, within 24 hours, and is not shown again.
        </OneTimeSecret>
      </Dialog>
    )
  return (
    <ConfirmDialog
      title={`New sign-in link for ${user.name}?`}
      action="Create link"
      isBusy={reset.isPending}
      error={reset.error}
      onConfirm={() => reset.mutate()}
      onClose={onClose}
    >
      <p>Use this if {user.name} has lost the password. They are signed out everywhere and choose a new password.</p>
      <Checkbox
        checked={removesFactors}
        onChange={event => setRemovesFactors(event.currentTarget.checked)}
        label="The phone is lost, too"
        description="Also removes the authenticator app, passkeys and recovery codes"
      />
    </ConfirmDialog>
  )
}
