import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { CallList } from '@/api/shapes'
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
  const { phase, user } = useSession()
  const [live, setLive] = useState<Live>({ state: 'connecting', since: new Date() })
  const me = user?.user_id
  useEffect(() => {
    if (phase !== 'in') return
    return listen(
      event => {
        if (event.type === 'run.published') {
          const as_of = String(event.data.as_of ?? '')
          say(`Run ${event.data.run_id} is published${as_of ? `, as of ${day(as_of)}` : ''}`, { tone: 'good' })
          void queries.invalidateQueries({ predicate: ({ queryKey }) => !LISTS.includes(String(queryKey[0])) })
        } else if (event.type.startsWith('import.') || event.type.startsWith('run.')) {
          void queries.invalidateQueries({ queryKey: ['imports'] })
          void queries.invalidateQueries({ queryKey: ['runs'] })
        } else if (event.type.startsWith('call.') && event.data.user_id !== me) {
          queries.setQueriesData<CallList>({ queryKey: ['calls', 'today'] }, list => list && handled(list, event.data))
        }
      },
      state => setLive(now => (now.state === state ? now : { state, since: new Date() })),
    )
  }, [queries, phase, me])
  return live
}

/** A call somebody else logged: the row stays where it is and says so. */
function handled(list: CallList, call: Record<string, unknown>): CallList {
  const by = typeof call.called_by === 'string' ? call.called_by : 'a colleague'
  return {
    ...list,
    data: list.data.map(row => (row.customer_id === call.customer_id ? { ...row, handled_by: by } : row)),
  }
}
