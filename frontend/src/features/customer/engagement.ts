/** Log a call, snooze or reassign a customer: shown at once, and undone from its message. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, read } from '@/api/client'
import type { CallList, Outcome } from '@/api/shapes'
import { plural } from '@/ui/format'
import { showError, showToast } from '@/ui/toasts'

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

interface CustomerRef {
  customer_id: string
  name: string | null
}

export function useEngagement() {
  const queryClient = useQueryClient()
  const refresh = () =>
    queryClient.invalidateQueries({ predicate: ({ queryKey }) => ['calls', 'customers'].includes(String(queryKey[0])) })

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

  const logCall = useMutation({
    mutationFn: ({ customer, outcome, note }: { customer: CustomerRef; outcome: Outcome; note?: string }) =>
      read(api.POST('/api/calls', { body: { customer_id: customer.customer_id, outcome, ...(note ? { note } : {}) } })),
    onMutate: ({ customer }) => removeFromList([customer.customer_id]),
    onSuccess: (call, { customer, outcome }) => {
      const undo = () => read(api.POST('/api/calls/{call_id}/undo', { params: { path: { call_id: call.call_id } } }))
      showToast(`${outcomeLabel(outcome)}: ${customer.name ?? customer.customer_id}`, {
        undo: undoAction(undo, 'Call removed'),
      })
    },
    onError: onError,
    onSettled: refresh,
  })

  const snooze = useMutation({
    mutationFn: ({ ids, until }: { ids: string[]; until: string }) =>
      read(api.POST('/api/snoozes', { body: { customer_ids: ids, until } })),
    onMutate: ({ ids }) => removeFromList(ids),
    onSuccess: ({ data }, { ids }) => {
      const removeSnooze = (snooze_id: number) =>
        read(api.DELETE('/api/snoozes/{snooze_id}', { params: { path: { snooze_id } } }))
      const undo = () => Promise.all(data.map(each => removeSnooze(each.snooze_id)))
      showToast(`${plural(ids.length, 'customer')} snoozed`, { undo: undoAction(undo, 'Snooze removed') })
    },
    onError: onError,
    onSettled: refresh,
  })

  const assign = useMutation({
    mutationFn: ({ ids, user }: { ids: string[]; user: { user_id: number; name: string } | null }) =>
      read(api.POST('/api/assignments', { body: { customer_ids: ids, user_id: user?.user_id ?? null } })),
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

  return { logCall, snooze, assign }
}
