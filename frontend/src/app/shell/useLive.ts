import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { CallList, CustomerRow } from '@/api/shapes'
import { type LiveState, listen } from '@/api/stream'
import { day } from '@/components/format'
import { useSession } from '@/components/signedIn'
import { say } from '@/components/toasts'

export interface Live {
  state: LiveState
  since: Date
}

/** What somebody may be reading row by row; it is asked again when they say so. */
const LISTS = ['calls', 'customers']

/** Keeps the cache true to the stream: rows change where they stand, nothing moves under the cursor. */
export function useLive(): Live {
  const queries = useQueryClient()
  const { phase } = useSession()
  const [live, setLive] = useState<Live>({ state: 'connecting', since: new Date() })
  useEffect(() => {
    if (phase !== 'in') return
    return listen(
      event => {
        if (event.type === 'run_published') {
          const as_of = String(event.data.as_of ?? '')
          say(`Run ${event.data.run_id} is published${as_of ? `, as of ${day(as_of)}` : ''}`, { tone: 'good' })
          void queries.invalidateQueries({ predicate: ({ queryKey }) => !LISTS.includes(String(queryKey[0])) })
        } else if (event.type === 'import_progress' || event.type === 'run_progress' || event.type === 'batch_undone') {
          void queries.invalidateQueries({ queryKey: ['imports'] })
          void queries.invalidateQueries({ queryKey: ['runs'] })
          void queries.invalidateQueries({ queryKey: ['batches'] })
        } else if (event.type === 'call_logged') {
          queries.setQueriesData<CallList>({ queryKey: ['calls', 'today'] }, list => list && handled(list, event.data))
        }
      },
      state => setLive(now => (now.state === state ? now : { state, since: new Date() })),
    )
  }, [queries, phase])
  return live
}

/** A call somebody else logged: the row stays where it is and says so. One's own is off the list already. */
function handled(list: CallList, call: Record<string, unknown>): CallList {
  const mark = (row: CustomerRow) =>
    row.customer_id === call.customer_id ? { ...row, handled_by: 'a colleague' } : row
  return { ...list, data: list.data.map(mark) }
}
