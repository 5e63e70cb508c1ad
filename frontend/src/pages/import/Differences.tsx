import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api, read } from '@/api/client'
import type { Batch } from '@/api/shapes'
import { plural } from '@/ui/format'
import { Loading, QueryState } from '@/ui/states'
import css from './Import.module.css'

/** How many columns of a batch differ from earlier ones of its source; opened, in which way. */
export function Differences({ batch }: { batch: Batch }) {
  const [isOpen, setOpen] = useState(false)
  const query = useQuery({
    queryKey: ['batches', 'profile', batch.batch_id],
    queryFn: ({ signal }) =>
      read(api.GET('/api/batches/{batch_id}/profile', { params: { path: { batch_id: batch.batch_id } }, signal })),
    enabled: isOpen,
  })
  return (
    <details className={css.differences} onToggle={event => setOpen(event.currentTarget.open)}>
      <summary>
        {plural(batch.differing_columns ?? 0, 'column differs', 'columns differ')} from the last {batch.compared_with}{' '}
        batches
      </summary>
      {isOpen && (
        <QueryState query={query} loading={<Loading rows={2} height={20} />}>
          {profile => (
            <ul>
              {profile.streams.flatMap(stream =>
                stream.differences.map(each => (
                  <li key={`${stream.stream} ${each.sentence}`}>
                    {stream.stream}: {each.sentence}
                  </li>
                )),
              )}
            </ul>
          )}
        </QueryState>
      )}
    </details>
  )
}
