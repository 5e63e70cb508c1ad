/** A stand-in for the API: it answers by method and path, and keeps what was sent. */
import { vi } from 'vitest'

export interface SentRequest {
  method: string
  path: string
  search: Record<string, string>
  body: unknown
}

/** `"GET /api/runs": [200, { data: [] }]`; a function is called for each request. */
export type Answers = Record<string, [number, unknown] | ((request: SentRequest) => [number, unknown])>

/** Replaces `fetch` and returns the list of requests that change something, in order. What is not listed answers 404. */
export function serve(answers: Answers): SentRequest[] {
  const changes: SentRequest[] = []
  vi.stubGlobal('fetch', async (input: Request | string | URL, init?: RequestInit) => {
    const request = input instanceof Request ? input : new Request(new URL(input, location.origin), init)
    const { pathname, searchParams } = new URL(request.url)
    const text = await request.text()
    const sent: SentRequest = {
      method: request.method,
      path: pathname,
      search: Object.fromEntries(searchParams),
      body: text ? JSON.parse(text) : null,
    }
    // No new token: the session of the test stays as it is.
    if (sent.path === '/api/auth/refresh') return new Response(null, { status: 503 })
    if (sent.method !== 'GET') changes.push(sent)
    const given = answers[`${sent.method} ${sent.path}`] ?? [404, { detail: `No answer for ${sent.path}.` }]
    const [status, body] = typeof given === 'function' ? given(sent) : given
    return new Response(status === 204 ? null : JSON.stringify(body), {
      status,
      headers: { 'content-type': 'application/json' },
    })
  })
  return changes
}
