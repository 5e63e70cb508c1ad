import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { CallList, CustomerRow } from '@/api/shapes'
import { type LiveState, listen } from '@/api/stream'
import { useSession } from '@/api/useSession'
import { isList } from '@/app/queryClient'
import { day, lastDay } from '@/ui/format'
import { showToast } from '@/ui/toasts'

export interface Live {
  state: LiveState
  since: Date
}

/** Queries refetched on every progress event: they show jobs, not results. */
const PROGRESS = ['imports', 'runs', 'batches', 'jobs']

/** Updates the cache from the event stream: rows change in place, nothing moves under the cursor. */
export function useLive(): Live {
  const queryClient = useQueryClient()
  const { phase } = useSession()
  const [live, setLive] = useState<Live>({ state: 'connecting', since: new Date() })
  useEffect(() => {
    if (phase !== 'in') return
    const progress = () => {
      for (const name of PROGRESS) void queryClient.invalidateQueries({ queryKey: [name] })
    }
    return listen(
      event => {
        if (event.type === 'run_published') {
          const as_of = String(event.data.as_of ?? '')
          const sentence = `Update ${event.data.run_id} is available${as_of ? `, with data to ${day(lastDay(as_of))}` : ''}`
          const show = () => void queryClient.invalidateQueries()
          if (queryClient.getQueryCache().findAll({ type: 'active', predicate: isList }).length)
            showToast(sentence, { tone: 'good', show })
          else {
            showToast(sentence, { tone: 'good' })
            show()
          }
          progress()
        } else if (event.type === 'import_progress' || event.type === 'run_progress' || event.type === 'batch_undone') {
          progress()
        } else if (event.type === 'call_logged') {
          queryClient.setQueriesData<CallList>(
            { queryKey: ['calls', 'today'] },
            list => list && markHandled(list, event.data),
          )
        }
      },
      state => {
        setLive(now => (now.state === state ? now : { state, since: new Date() }))
        if (state === 'live')
          void queryClient.refetchQueries({ type: 'active', predicate: query => query.state.status === 'error' })
      },
    )
  }, [queryClient, phase])
  return live
}

/** A call logged by another user: the row stays and shows it. The user's own calls are off the list already. */
function markHandled(list: CallList, call: Record<string, unknown>): CallList {
  const mark = (row: CustomerRow) =>
    row.customer_id === call.customer_id ? { ...row, handled_by: 'a colleague' } : row
  return { ...list, data: list.data.map(mark) }
}
