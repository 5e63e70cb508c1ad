/** The live stream: server-sent events read over fetch, because EventSource cannot carry the access token. */
import { fetchAuthorized } from './client'
import { connection } from './connection'

export interface LiveEvent {
  id: string
  type: string
  data: Record<string, unknown>
}

/** One event per block; a block ends with an empty line. Returns the events and what is left of the text. */
export function parseEvents(text: string): { events: LiveEvent[]; rest: string } {
  const blocks = text.replaceAll('\r\n', '\n').split('\n\n')
  const rest = blocks.pop() ?? ''
  const events = blocks.flatMap(block => {
    const fields = { id: '', event: 'message', data: '' }
    for (const line of block.split('\n')) {
      const [name = '', value = ''] = [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trimStart()]
      if (name === 'data') fields.data += value
      else if (name === 'id' || name === 'event') fields[name] = value
    }
    return fields.data
      ? [{ id: fields.id, type: fields.event, data: JSON.parse(fields.data) as Record<string, unknown> }]
      : []
  })
  return { events, rest }
}

const FIRST_WAIT = 1_000
const LONGEST_WAIT = 10_000
/** A comment comes every 15 seconds; without one for so long, the connection is lost. */
const SILENT_MS = 40_000

const LASTED_MS = 1_000

/**
 * Stays connected until stopped, resuming after the last event seen, and keeps `connection` true: offline as soon as the
 * browser or a failed request says so. Returns how to stop.
 */
export function listen(onEvent: (event: LiveEvent) => void): () => void {
  const stop = new AbortController()
  let attempt = new AbortController()
  let wake: () => void = () => undefined
  let last = ''
  let wait = 0
  let openedAt = 0

  async function once() {
    attempt = new AbortController()
    const signal = AbortSignal.any([stop.signal, attempt.signal])
    const headers: Record<string, string> = { Accept: 'text/event-stream' }
    if (last) headers['Last-Event-ID'] = last
    const response = await fetchAuthorized(
      new Request(new URL('/api/stream', location.origin), { headers, signal, priority: 'low' }),
    )
    if (!response.ok || !response.body) throw new Error(`stream: ${response.status}`)
    connection.set('live')
    openedAt = Date.now()
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    for (;;) {
      const silent = setTimeout(() => attempt.abort(), SILENT_MS)
      const { done, value } = await reader.read().finally(() => clearTimeout(silent))
      if (done) return
      const parsed = parseEvents(text + value)
      text = parsed.rest
      for (const event of parsed.events) {
        if (event.id) last = event.id
        onEvent(event)
      }
    }
  }

  async function always() {
    while (!stop.signal.aborted) {
      await once().catch(() => {
        if (!stop.signal.aborted) connection.set('offline')
      })
      // After a stream that had lasted, the next is opened at once: the connection is live, or the page says it is not.
      if (Date.now() - openedAt > LASTED_MS && openedAt) wait = 0
      openedAt = 0
      const pause = wait
      wait = Math.min(Math.max(FIRST_WAIT, wait * 2), LONGEST_WAIT)
      await new Promise<void>(resume => {
        wake = resume
        setTimeout(resume, pause)
      })
    }
  }

  const onOnline = () => {
    wait = 0
    wake()
  }
  addEventListener('offline', () => connection.set('offline'), { signal: stop.signal })
  addEventListener('online', onOnline, { signal: stop.signal })
  // A request that failed may have been the only one: the stream is opened anew and shows whether the server answers.
  const unsubscribe = connection.subscribe(() => connection.get().state === 'offline' && attempt.abort())
  void always()
  return () => {
    unsubscribe()
    stop.abort()
  }
}
