import { Button } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, read } from '@/api/client'
import type { HeldChange } from '@/api/shapes'
import { usePermissions } from '@/api/useSession'
import { ErrorText } from '@/ui/ErrorText'
import { count, dateTime } from '@/ui/format'
import { showToast } from '@/ui/toasts'
import css from './Sources.module.css'
import { sourceQueries } from './sourceQueries'

/** Rows that a source no longer has: a person says whether they are gone. */
export function GoneRows({ source }: { source: string }) {
  const { data } = useQuery(sourceQueries.heldChanges(source))
  return data?.data.map(change => <Question key={change.held_id} change={change} />)
}

function Question({ change }: { change: HeldChange }) {
  const can = usePermissions()
  const queryClient = useQueryClient()
  const decide = useMutation({
    mutationFn: (accept: boolean) =>
      read(
        api.POST('/api/sources/{source}/held-changes/{held_id}/decision', {
          params: { path: { source: change.source, held_id: change.held_id } },
          body: { accept },
        }),
      ),
    onSuccess: (_, accept) => {
      showToast(accept ? 'They will be cancelled' : 'They are kept', { tone: 'good' })
      return queryClient.invalidateQueries({ queryKey: ['sources'] })
    },
  })
  return (
    <section className={css.question} aria-label={`Gone ${change.stream}`}>
      <p>
        <strong>
          {count(change.gone)} of {count(change.held)} {change.stream} are gone at the source.
        </strong>{' '}
        Nothing was changed. Noticed {dateTime(change.opened_at)}.
      </p>
      <p className={css.keys}>
        {change.keys.slice(0, 10).join(', ')}
        {change.gone > 10 && ' …'}
      </p>
      {can('sources.manage') && (
        <div className={css.actions}>
          <Button size="compact-sm" color="red" loading={decide.isPending} onClick={() => decide.mutate(true)}>
            They are gone: cancel them
          </Button>
          <Button size="compact-sm" variant="default" disabled={decide.isPending} onClick={() => decide.mutate(false)}>
            Keep them
          </Button>
        </div>
      )}
      <ErrorText error={decide.error} />
    </section>
  )
}
