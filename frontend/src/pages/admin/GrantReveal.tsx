import { Button, Textarea } from '@mantine/core'
import '@/ui/theme/inputs'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, read } from '@/api/client'
import { queries } from '@/api/queries'
import type { OwnedApiKey } from '@/api/shapes'
import { Dialog } from '@/ui/Dialog'
import { ErrorText } from '@/ui/ErrorText'
import { showToast } from '@/ui/toasts'
import css from './Admin.module.css'

/** Lets an API key show contact details, with the reason, or withdraws that. */
export function GrantReveal({ apiKey, onClose }: { apiKey: OwnedApiKey; onClose: () => void }) {
  const queryClient = useQueryClient()
  const [reason, setReason] = useState('')
  const granted = apiKey.reveal_reason
  const params = { path: { key_id: apiKey.key_id } }
  const change = useMutation({
    mutationFn: () =>
      granted
        ? read(api.DELETE('/api/api-keys/{key_id}/contact-reveal', { params }))
        : read(api.PUT('/api/api-keys/{key_id}/contact-reveal', { params, body: { reason: reason.trim() } })),
    onSuccess: () => {
      showToast(granted ? 'The key shows no contact details any more' : 'The key may show contact details')
      onClose()
      return queryClient.invalidateQueries({ queryKey: queries.allApiKeys().queryKey })
    },
  })
  return (
    <Dialog onClose={onClose} title={`Contact details for ${apiKey.name}`}>
      <form
        className={css.form}
        onSubmit={event => {
          event.preventDefault()
          change.mutate()
        }}
      >
        {granted ? (
          <p>This key may show contact details because: {granted}</p>
        ) : (
          <>
            <p>
              The key of {apiKey.owner} may then show e-mail, phone and address, one customer at a time, as far as{' '}
              {apiKey.owner} may. Each is recorded in the audit log.
            </p>
            <Textarea
              data-autofocus
              label="Reason"
              description="Kept with the key. Do not name a customer"
              maxLength={500}
              value={reason}
              onChange={event => setReason(event.currentTarget.value)}
            />
          </>
        )}
        <ErrorText error={change.error} keepsHeight />
        <Button
          type="submit"
          color={granted ? 'red' : undefined}
          loading={change.isPending}
          disabled={!granted && !reason.trim()}
        >
          {granted ? 'Withdraw' : 'Allow'}
        </Button>
      </form>
    </Dialog>
  )
}
