/**
 * Calls that are not saved on the server yet. They are kept in the browser without personal data beyond the customer's id,
 * and sent again with the same idempotency key until the server has answered. Names, notes and tasks stay in memory only.
 */
import { api, newKey, Problem, read } from '@/api/client'
import type { LoggedCall, Outcome } from '@/api/shapes'

export interface CustomerRef {
  customer_id: string
  name: string | null
}

export interface NewCall {
  customer: CustomerRef
  outcome: Outcome
  note?: string
  follow_up?: { due_on: string; task?: string }
}

/** What is kept while the page is closed. */
interface StoredCall {
  key: string
  user_id: number
  customer_id: string
  outcome: Outcome
  called_at: string
  follow_up_on?: string
}

export interface QueuedCall extends StoredCall {
  name: string | null
  note?: string
  task?: string
}

const STORED_AS = 'foresell.calls'
const details = new Map<string, Pick<QueuedCall, 'name' | 'note' | 'task'>>()
const sending = new Set<string>()
const listeners = new Set<() => void>()

function stored(): StoredCall[] {
  try {
    return JSON.parse(localStorage.getItem(STORED_AS) ?? '[]') as StoredCall[]
  } catch {
    return []
  }
}

function store(calls: StoredCall[]) {
  if (calls.length) localStorage.setItem(STORED_AS, JSON.stringify(calls))
  else localStorage.removeItem(STORED_AS)
  for (const notify of listeners) notify()
}

/** The calls of a user that wait to be sent, the oldest first. */
export const waitingCalls = (user_id: number): QueuedCall[] =>
  stored()
    .filter(call => call.user_id === user_id)
    .map(call => ({ name: null, ...details.get(call.key), ...call }))

/** Keeps a call before it is sent for the first time. */
export function keepCall(user_id: number, { customer, outcome, note, follow_up }: NewCall): QueuedCall {
  const { customer_id, name } = customer
  const call: StoredCall = { key: newKey(), user_id, customer_id, outcome, called_at: new Date().toISOString() }
  if (follow_up) call.follow_up_on = follow_up.due_on
  const more = { name, ...(note ? { note } : {}), ...(follow_up?.task ? { task: follow_up.task } : {}) }
  details.set(call.key, more)
  store([...stored(), call])
  return { ...more, ...call }
}

export function dropCall(key: string) {
  details.delete(key)
  store(stored().filter(call => call.key !== key))
}

/** Whether a call may succeed later: no answer, no session, too many requests, or a server in trouble. */
const mayPass = (error: unknown) =>
  error instanceof Problem &&
  ([0, 401, 408, 429].includes(error.status) || error.status >= 500 || error.code === 'request_in_progress')

export type Sent = { call: LoggedCall } | { refused: Error } | { waits: true }

/** Sends a call. It is dropped from the queue when the server has saved or refused it. */
export async function sendCall(queued: QueuedCall): Promise<Sent> {
  sending.add(queued.key)
  try {
    const { customer_id, outcome, called_at, note, follow_up_on, task } = queued
    const follow_up = follow_up_on ? { follow_up: { due_on: follow_up_on, ...(task ? { task } : {}) } } : {}
    const call = await read(
      api.POST('/api/calls', {
        params: { header: { 'Idempotency-Key': queued.key } },
        body: { customer_id, outcome, called_at, ...(note ? { note } : {}), ...follow_up },
      }),
    )
    dropCall(queued.key)
    return { call }
  } catch (error) {
    if (mayPass(error)) return { waits: true }
    dropCall(queued.key)
    return { refused: error instanceof Error ? error : new Error(String(error)) }
  } finally {
    sending.delete(queued.key)
  }
}

/** Sends the user's calls that wait, one after the other, until one has to wait again. One tab at a time. */
export async function sendWaitingCalls(user_id: number, onSent: (queued: QueuedCall, sent: Sent) => void) {
  const sendAll = async () => {
    for (const queued of waitingCalls(user_id).filter(call => !sending.has(call.key))) {
      const sent = await sendCall(queued)
      if ('waits' in sent) return
      onSent(queued, sent)
    }
  }
  await (navigator.locks ? navigator.locks.request(STORED_AS, sendAll) : sendAll())
}

/** A note that is in memory only would be lost with the page: the browser asks before it leaves. */
function warnBeforeLoss(event: BeforeUnloadEvent) {
  const kept = new Set(stored().map(call => call.key))
  if ([...details].some(([key, { note, task }]) => kept.has(key) && (note || task))) event.preventDefault()
}
addEventListener('beforeunload', warnBeforeLoss)

export function subscribeToCalls(notify: () => void): () => void {
  listeners.add(notify)
  return () => {
    listeners.delete(notify)
  }
}
export const countWaitingCalls = (user_id: number) => stored().filter(call => call.user_id === user_id).length
