import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, read } from '@/api/client'
import { queries } from '@/api/queries'
import type { ApiKey } from '@/api/shapes'
import { ConfirmDialog } from '@/ui/ConfirmDialog'
import { showToast } from '@/ui/toasts'

interface Props {
  apiKey: ApiKey
  /** The owner's name, in a list of several users' keys. */
  owner?: string
  onClose: () => void
}

/** Asks, then revokes an API key permanently and refreshes both lists, the user's own and all users'. */
export function RevokeKey({ apiKey, owner, onClose }: Props) {
  const queryClient = useQueryClient()
  const revoke = useMutation({
    mutationFn: () => read(api.DELETE('/api/me/api-keys/{key_id}', { params: { path: { key_id: apiKey.key_id } } })),
    onSuccess: () => {
      showToast(owner ? `${owner}’s key ${apiKey.name} was revoked` : `Key ${apiKey.name} was revoked`)
      for (const { queryKey } of [queries.apiKeys(), queries.allApiKeys()])
        void queryClient.invalidateQueries({ queryKey })
      onClose()
    },
  })
  return (
    <ConfirmDialog
      title={`Revoke ${apiKey.name}?`}
      action="Revoke"
      isDestructive
      isBusy={revoke.isPending}
      error={revoke.error}
      onConfirm={() => revoke.mutate()}
      onClose={onClose}
    >
      <p>
        {owner ? `Everything ${owner} uses this key for` : 'Everything that uses this key'} stops working immediately. A
        revoked key cannot be restored; create a new one instead.
      </p>
    </ConfirmDialog>
  )
}
