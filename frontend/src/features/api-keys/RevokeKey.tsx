import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, read } from '@/api/client'
import { queries } from '@/api/queries'
import type { ApiKey } from '@/api/shapes'
import { ConfirmDialog } from '@/ui/ConfirmDialog'
import { showToast } from '@/ui/toasts'

interface Props {
  apiKey: ApiKey
  /** Named where keys of several people stand together. */
  owner?: string
  onClose: () => void
}

/** Asks, then ends a key for good; it may stand in both lists, one's own and everybody's. */
export function RevokeKey({ apiKey, owner, onClose }: Props) {
  const queryClient = useQueryClient()
  const revoke = useMutation({
    mutationFn: () => read(api.DELETE('/api/me/api-keys/{key_id}', { params: { path: { key_id: apiKey.key_id } } })),
    onSuccess: () => {
      showToast(owner ? `Key ${apiKey.name} of ${owner} has ended` : `Key ${apiKey.name} has ended`)
      for (const { queryKey } of [queries.apiKeys(), queries.allApiKeys()])
        void queryClient.invalidateQueries({ queryKey })
      onClose()
    },
  })
  return (
    <ConfirmDialog
      title={`Revoke ${apiKey.name}?`}
      action="Revoke"
      isGrave
      isBusy={revoke.isPending}
      error={revoke.error}
      onConfirm={() => revoke.mutate()}
      onClose={onClose}
    >
      <p>
        {owner ? `Whatever ${owner} uses this key for` : 'Whatever uses this key'} stops at once. It cannot be brought
        back, only replaced.
      </p>
    </ConfirmDialog>
  )
}
