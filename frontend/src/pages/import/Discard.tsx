import { Button } from '@mantine/core'
import { IconTrash } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { api, read } from '@/api/client'
import { ask } from '@/api/questions'
import type { ImportKnown } from '@/api/shapes'
import { say, sayProblem } from '@/components/toasts'

/** Discards an uploaded file, or cancels its import. */
export function useDiscard(known: ImportKnown) {
  const queries = useQueryClient()
  const navigate = useNavigate({ from: '/import' })
  return useMutation({
    mutationFn: () =>
      read(api.DELETE('/api/imports/{import_id}', { params: { path: { import_id: known.import_id } } })),
    onSuccess: ({ state }) => {
      void queries.invalidateQueries({ queryKey: ['imports'] })
      if (state === 'cancelling') return say('Cancelling. Nothing of this file will be imported')
      say(`${known.file_name} discarded. Nothing was imported`)
      queries.removeQueries({ queryKey: ask.importJob(known.import_id).queryKey })
      void navigate({ search: {}, replace: true })
    },
    onError: sayProblem,
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
