import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { CallList, CustomerRow } from '@/api/shapes'
import { type LiveState, listen } from '@/api/stream'
import { day } from '@/components/format'
import { useSession } from '@/components/signedIn'
import { say } from '@/components/toasts'
import { isList } from '../queries'

export interface Live {
  state: LiveState
  since: Date
}

/** What follows a run, a load or a job at once: nobody reads figures off it. */
const PROGRESS = ['imports', 'runs', 'batches', 'jobs']

/** Keeps the cache true to the stream: rows change where they stand, nothing moves under the cursor. */
export function useLive(): Live {
  const queries = useQueryClient()
  const { phase } = useSession()
  const [live, setLive] = useState<Live>({ state: 'connecting', since: new Date() })
  useEffect(() => {
    if (phase !== 'in') return
    const progress = () => {
      for (const name of PROGRESS) void queries.invalidateQueries({ queryKey: [name] })
    }
    return listen(
      event => {
        if (event.type === 'run_published') {
          const as_of = String(event.data.as_of ?? '')
          const sentence = `Run ${event.data.run_id} is published${as_of ? `, as of ${day(as_of)}` : ''}`
          const show = () => void queries.invalidateQueries()
          if (queries.getQueryCache().findAll({ type: 'active', predicate: isList }).length)
            say(sentence, { tone: 'good', show })
          else {
            say(sentence, { tone: 'good' })
            show()
          }
          progress()
        } else if (event.type === 'import_progress' || event.type === 'run_progress' || event.type === 'batch_undone') {
          progress()
        } else if (event.type === 'call_logged') {
          queries.setQueriesData<CallList>({ queryKey: ['calls', 'today'] }, list => list && handled(list, event.data))
        }
      },
      state => {
        setLive(now => (now.state === state ? now : { state, since: new Date() }))
        if (state === 'live')
          void queries.refetchQueries({ type: 'active', predicate: query => query.state.status === 'error' })
      },
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
