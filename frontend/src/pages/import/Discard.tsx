import { Button } from '@mantine/core'
import { IconTrash } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { api, read } from '@/api/client'
import { queries } from '@/api/queries'
import type { ImportKnown } from '@/api/shapes'
import { showError, showToast } from '@/ui/toasts'

/** Discards an uploaded file, or cancels its import. */
export function useDiscard(known: ImportKnown) {
  const queryClient = useQueryClient()
  const navigate = useNavigate({ from: '/import' })
  return useMutation({
    mutationFn: () =>
      read(api.DELETE('/api/imports/{import_id}', { params: { path: { import_id: known.import_id } } })),
    onSuccess: ({ state }) => {
      void queryClient.invalidateQueries({ queryKey: ['imports'] })
      if (state === 'cancelling') return showToast('Cancelling. Nothing of this file will be imported')
      showToast(`${known.file_name} discarded. Nothing was imported`)
      queryClient.removeQueries({ queryKey: queries.importJob(known.import_id).queryKey })
      void navigate({ search: {}, replace: true })
    },
    onError: showError,
  })
}

export function DiscardButton({ known }: { known: ImportKnown }) {
  const discard = useDiscard(known)
  return (
    <Button
      variant="default"
      leftSection={<IconTrash size={16} aria-hidden />}
      loading={discard.isPending}
      onClick={() => discard.mutate()}
    >
      Discard
    </Button>
  )
}
