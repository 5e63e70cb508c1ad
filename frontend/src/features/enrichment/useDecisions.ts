import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, read } from '@/api/client'
import { plural } from '@/ui/format'
import { showToast } from '@/ui/toasts'

export interface Decision {
  ids: number[]
  decision: 'accepted' | 'refused' | 'open'
}

/** Accepts, refuses and undoes; the customer's record follows within seconds. */
export function useDecisions() {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: ({ ids, decision }: Decision) =>
      read(api.POST('/api/enrichment/decisions', { body: { proposal_ids: ids, decision } })),
    onSuccess: ({ decided, decision }) => {
      showToast(`${plural(decided.length, 'proposal')} ${decision === 'open' ? 'open again' : decision}`, {
        tone: 'good',
      })
      return queryClient.invalidateQueries({ queryKey: ['enrichment'] })
    },
  })
}
