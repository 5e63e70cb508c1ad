import { Button } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, read } from '@/api/client'
import css from '@/features/enrichment/Enrichment.module.css'
import { enrichmentQueries } from '@/features/enrichment/enrichmentQueries'
import { ErrorText } from '@/ui/ErrorText'
import { dateTime } from '@/ui/format'
import { Card } from '@/ui/Page'

/** Hosts that refused to be read, or asked for proof of a person: someone has to look at them. */
export function Tasks() {
  const queryClient = useQueryClient()
  const { data } = useQuery(enrichmentQueries.tasks())
  const close = useMutation({
    mutationFn: (task_id: number) =>
      read(api.DELETE('/api/enrichment/tasks/{task_id}', { params: { path: { task_id } } })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['enrichment', 'tasks'] }),
  })
  if (!data?.data.length) return null
  return (
    <Card
      title="Websites to look at"
      note="They refused to be read. Foresell leaves them alone; ask the owner, or let it be"
    >
      <ul className={css.list}>
        {data.data.map(task => (
          <li key={task.task_id}>
            <p className={css.value}>
              <strong>{task.host}</strong> {task.reason}, {dateTime(task.opened_at)}. Closed until{' '}
              {dateTime(task.closed_until)}.
            </p>
            <p className={css.source}>{task.url}</p>
            <Button
              size="compact-sm"
              variant="default"
              loading={close.isPending}
              onClick={() => close.mutate(task.task_id)}
            >
              Done
            </Button>
          </li>
        ))}
      </ul>
      <ErrorText error={close.error} />
    </Card>
  )
}
