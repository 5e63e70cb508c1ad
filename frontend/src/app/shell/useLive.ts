import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { api, read } from '@/api/client'
import { useConnection } from '@/api/connection'
import { session } from '@/api/session'
import type { Call, CallList, CallRow } from '@/api/shapes'
import { listen } from '@/api/stream'
import { useSession } from '@/api/useSession'
import { isList } from '@/app/queryClient'
import { useEngagement } from '@/features/customer/engagement'
import { day, lastDay } from '@/ui/format'
import { showToast } from '@/ui/toasts'

/** Queries refetched on every progress event: they show jobs, not results. */
const PROGRESS = ['imports', 'runs', 'batches', 'jobs']
/** Those that a merge, a split or a decision of a colleague changes. */
const OF_MOVES = ['identity', 'customer']

/** Updates the cache from the event stream: rows change in place, nothing moves under the cursor. */
export function useLive() {
  const queryClient = useQueryClient()
  const { phase } = useSession()
  const { state } = useConnection()
  const { sendWaiting } = useEngagement()
  const send = useRef(sendWaiting)
  send.current = sendWaiting
  // Calls that wait are sent before lists are fetched again, so that no called customer comes back for a moment.
  useEffect(() => {
    if (state !== 'live' || phase !== 'in') return
    const refetch = () =>
      queryClient.refetchQueries({ type: 'active', predicate: query => query.state.status === 'error' })
    void send.current().finally(refetch)
  }, [queryClient, state, phase])
  useEffect(() => {
    if (phase !== 'in') return
    const progress = (names = PROGRESS) => {
      for (const name of names) void queryClient.invalidateQueries({ queryKey: [name] })
    }
    return listen(event => {
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
      } else if (event.type === 'sync_progress') {
        progress(['sources'])
      } else if (event.type === 'customer_moved' || event.type === 'reviews_changed') {
        progress(OF_MOVES)
      } else if (event.type === 'customer_event') {
        dispatchEvent(new CustomEvent('foresell:customer-event', { detail: event.data }))
      } else if (event.type === 'call_logged') {
        void markCalled(queryClient, Number(event.data.call_id))
      } else if (event.type === 'call_undone') {
        changeRows(queryClient, row =>
          row.customer_id === event.data.customer_id ? { ...row, handled_by: undefined } : row,
        )
      }
    })
  }, [queryClient, phase])
}

/** Changes rows of today's list in place. */
function changeRows(queryClient: QueryClient, change: (row: CallRow) => CallRow, called = 0) {
  queryClient.setQueriesData<CallList>({ queryKey: ['calls', 'today'] }, list => {
    if (!list) return list
    const summary = { ...list.summary, already_called: list.summary.already_called + called }
    return { ...list, data: list.data.map(change), summary }
  })
}

/** A call logged by another user: the row stays and names the caller, where the user may see them. */
async function markCalled(queryClient: QueryClient, call_id: number) {
  const call = await read(api.GET('/api/calls/{call_id}', { params: { path: { call_id } } })).catch(() => null)
  if (!call || call.mine) return
  const handled_by = (call as Call).caller.name ?? 'a colleague'
  const counts = session.get().user?.scope === 'own' ? 0 : 1
  changeRows(queryClient, row => (row.customer_id === call.customer_id ? { ...row, handled_by } : row), counts)
}
