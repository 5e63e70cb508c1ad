/** Log, edit and undo a call, snooze or reassign a customer: shown at once, and undone from its message. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, Problem, read } from '@/api/client'
import { session } from '@/api/session'
import type { Call, CallList, Outcome, SelectionBody } from '@/api/shapes'
import { day, plural } from '@/ui/format'
import { showError, showToast } from '@/ui/toasts'
import {
  dropCall,
  keepCall,
  type NewCall,
  type QueuedCall,
  type Sent,
  sendCall,
  sendWaitingCalls,
  waitingCalls,
} from './callQueue'

export const OUTCOMES: { value: Outcome; label: string }[] = [
  { value: 'reached', label: 'Reached' },
  { value: 'will_order', label: 'Will order' },
  { value: 'no_answer', label: 'No answer' },
  { value: 'not_interested', label: 'Not interested' },
]

export const SNOOZES = [
  { days: 1, label: 'Until tomorrow' },
  { days: 7, label: 'For 1 week' },
  { days: 30, label: 'For 30 days' },
]

export const outcomeLabel = (outcome: Outcome) => OUTCOMES.find(each => each.value === outcome)?.label ?? outcome

const TODAY = ['calls', 'today']

/** What a call shows in: lists, the log, the customer. */
const AFFECTED = ['calls', 'customers', 'follow-ups']

/** Removes a call on the server. */
const removeCall = (call_id: number) => read(api.POST('/api/calls/{call_id}/undo', { params: { path: { call_id } } }))

/** The customers of an action: those known on the page, and, where it is done to all that match, the selection. */
interface Which {
  ids: string[]
  selection?: SelectionBody
}

const bodyOf = ({ ids, selection = { customer_ids: ids } }: Which) => ({ except_ids: [], ...selection })

export function useEngagement() {
  const queryClient = useQueryClient()
  const refresh = () =>
    queryClient.invalidateQueries({ predicate: ({ queryKey }) => AFFECTED.includes(String(queryKey[0])) })

  /** Removes customers from today's list before the server has answered. Returns a function that restores them. */
  function removeFromList(ids: string[]) {
    const before = queryClient.getQueriesData<CallList>({ queryKey: TODAY })
    queryClient.setQueriesData<CallList>({ queryKey: TODAY }, list => {
      if (!list) return list
      const remaining = list.data.filter(row => !ids.includes(row.customer_id))
      const removed = list.data.filter(row => ids.includes(row.customer_id))
      const expected = removed.reduce((sum, row) => sum + (row.expected_revenue ?? 0), 0)
      const pence = remaining.reduce((sum, row) => sum + Math.round(100 * (row.value_at_risk ?? 0)), 0)
      const summary = {
        ...list.summary,
        calls: list.summary.calls - removed.length,
        expected_revenue: list.summary.expected_revenue - expected,
        value_at_risk: list.summary.value_at_risk === null ? null : pence / 100,
      }
      return { ...list, data: remaining, total: list.total - removed.length, summary }
    })
    return () => {
      for (const [key, list] of before) queryClient.setQueryData(key, list)
    }
  }

  function onError(error: Error, _input: unknown, restore: (() => void) | undefined) {
    restore?.()
    showError(error)
  }

  const undoAction = (undo: () => Promise<unknown>, sentence: string) => () =>
    void undo().then(() => {
      showToast(sentence)
      return refresh()
    }, showError)

  /** Says what became of a call, with Undo where it was saved. */
  function announce(queued: QueuedCall, sent: Sent, restore?: () => void) {
    const who = queued.name ?? queued.customer_id
    if ('waits' in sent)
      showToast(`Call to ${who} is kept in this browser and sent when the connection is back`, {
        undo: () => {
          dropCall(queued.key)
          restore?.()
          removeFromList(waitingCalls(queued.user_id).map(call => call.customer_id))
          showToast('Call removed')
          void refresh()
        },
      })
    else if ('refused' in sent) {
      const remedy = sent.refused instanceof Problem && sent.refused.remedy ? ` ${sent.refused.remedy}` : ''
      showToast(`Call to ${who} was not saved: ${sent.refused.message}${remedy}`, { tone: 'bad', stays: true })
    } else {
      const then = queued.follow_up_on ? `, follow-up on ${day(queued.follow_up_on)}` : ''
      showToast(`${outcomeLabel(queued.outcome)}: ${who}${then}`, {
        undo: undoAction(() => removeCall(sent.call.call_id), 'Call removed'),
      })
    }
  }

  const logCall = useMutation({
    mutationFn: async (call: NewCall) => {
      const user = session.get().user
      if (!user) throw new Problem(401, {})
      const queued = keepCall(user.user_id, call)
      return { queued, sent: await sendCall(queued) }
    },
    onMutate: ({ customer }) => removeFromList([customer.customer_id]),
    onSuccess: ({ queued, sent }, _call, restore) => {
      if ('refused' in sent) restore()
      announce(queued, sent, restore)
    },
    onError: onError,
    onSettled: refresh,
  })

  /** Sends the calls that wait since the connection was lost, and says what became of each. */
  async function sendWaiting() {
    const user = session.get().user
    if (!user) return
    let some = false
    await sendWaitingCalls(user.user_id, (queued, sent) => {
      some = true
      announce(queued, sent)
    })
    if (some) await refresh()
  }

  const editCall = useMutation({
    mutationFn: ({ call, outcome, note, follow_up }: { call: Call } & Omit<NewCall, 'customer'>) =>
      read(
        api.PATCH('/api/calls/{call_id}', {
          params: { path: { call_id: call.call_id } },
          body: { outcome, note: note || null, ...(isOpen(call) ? { follow_up: follow_up ?? null } : {}) },
        }),
      ),
    onSuccess: (_edited, { call }) => showToast(`Call to ${call.name ?? call.customer_id} saved`),
    onError: showError,
    onSettled: refresh,
  })

  const undoCall = useMutation({
    mutationFn: (call: Call) => removeCall(call.call_id),
    onSuccess: (_undone, call) => showToast(`Call to ${call.name ?? call.customer_id} removed`),
    onError: showError,
    onSettled: refresh,
  })

  const finishFollowUp = useMutation({
    mutationFn: (follow_up_id: number) =>
      read(api.POST('/api/follow-ups/{follow_up_id}/done', { params: { path: { follow_up_id } } })),
    onSuccess: (_done, follow_up_id) => {
      const reopen = () =>
        read(api.POST('/api/follow-ups/{follow_up_id}/reopen', { params: { path: { follow_up_id } } }))
      showToast('Follow-up done', { undo: undoAction(reopen, 'Follow-up is open again') })
    },
    onError: showError,
    onSettled: refresh,
  })

  const snooze = useMutation({
    mutationFn: ({ until, ...which }: Which & { until: string }) =>
      read(api.POST('/api/snoozes', { body: { ...bodyOf(which), until } })),
    onMutate: ({ ids }) => removeFromList(ids),
    onSuccess: ({ data }) => {
      const undo = () => read(api.POST('/api/snoozes/lift', { body: { snooze_ids: data.map(each => each.snooze_id) } }))
      showToast(`${plural(data.length, 'customer')} snoozed`, { undo: undoAction(undo, 'Snooze removed') })
    },
    onError: onError,
    onSettled: refresh,
  })

  const assign = useMutation({
    mutationFn: ({ user, ...which }: Which & { user: { user_id: number; name: string } | null }) =>
      read(api.POST('/api/assignments', { body: { ...bodyOf(which), user_id: user?.user_id ?? null } })),
    onSuccess: ({ assignment_id, customers }, { user }) => {
      const undo = () =>
        read(api.POST('/api/assignments/{assignment_id}/undo', { params: { path: { assignment_id } } }))
      showToast(
        user
          ? `Assigned ${plural(customers, 'customer')} to ${user.name}`
          : `Unassigned ${plural(customers, 'customer')}`,
        {
          tone: 'good',
          undo: undoAction(undo, 'Assignment undone'),
        },
      )
    },
    onError: showError,
    onSettled: refresh,
  })

  return { logCall, sendWaiting, editCall, undoCall, finishFollowUp, snooze, assign }
}

/** Whether the call's follow-up may be changed: one that is done stays as it is. */
export const isOpen = (call: Call) => !call.follow_up?.is_done
