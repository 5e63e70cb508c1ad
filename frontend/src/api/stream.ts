/** The live stream: server-sent events read over fetch, because EventSource cannot carry the access token. */
import { fetchAuthorized } from './client'

export interface LiveEvent {
  id: string
  type: string
  data: Record<string, unknown>
}

export type LiveState = 'connecting' | 'live' | 'offline'

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

/** Stays connected until stopped, resuming after the last event seen. Returns how to stop. */
export function listen(onEvent: (event: LiveEvent) => void, onState: (state: LiveState) => void): () => void {
  const stop = new AbortController()
  let last = ''
  let wait = FIRST_WAIT

  async function once() {
    const headers: Record<string, string> = { Accept: 'text/event-stream' }
    if (last) headers['Last-Event-ID'] = last
    const response = await fetchAuthorized(
      new Request(new URL('/api/stream', location.origin), { headers, signal: stop.signal, priority: 'low' }),
    )
    if (!response.ok || !response.body) throw new Error(`stream: ${response.status}`)
    onState('live')
    wait = FIRST_WAIT
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    for (;;) {
      const { done, value } = await reader.read()
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
      await once().catch(() => onState('offline'))
      await new Promise(resume => setTimeout(resume, wait))
      wait = Math.min(wait * 2, LONGEST_WAIT)
    }
  }
  void always()
  return () => stop.abort()
}
