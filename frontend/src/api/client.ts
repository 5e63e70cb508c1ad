/** The one way to the API: typed paths, the access token, one retry after a refresh, problems as errors. */
import createClient from 'openapi-fetch'
import { connection } from './connection'
import type { paths } from './contract'
import { session } from './session'
import type { HowMade, ProblemBody, RowsBehind } from './shapes'

/** Names of the API or a command, which a page's reader cannot use. */
const FOR_PROGRAMS = /\/api\/|\b(GET|POST|PUT|PATCH|DELETE) |\bforesell [a-z]|\bFORESELL_|(^|\s)--[a-z]/

/** The sentences of a message that a reader of the pages can act on. */
export function toReaderWords(text: string | null | undefined): string | null {
  const sentences = (text ?? '').split(/(?<=[.!?])\s+|\n+/).filter(sentence => !FOR_PROGRAMS.test(sentence))
  return sentences.join(' ') || null
}

/** An error as the API describes it; `status` 0 means the API could not be reached. */
export class Problem extends Error {
  readonly status: number
  readonly code: ProblemBody['code'] | null
  readonly parameter: string | null
  readonly remedy: string | null
  readonly requestId: string | null
  constructor(status: number, body: Partial<ProblemBody>) {
    super(
      toReaderWords(body.detail) ||
        toReaderWords(body.error) ||
        (status ? `The server returned an error (${status}).` : 'Foresell cannot be reached.'),
    )
    this.status = status
    this.code = body.code ?? null
    this.parameter = body.parameter ?? null
    this.remedy =
      toReaderWords(body.remedy) ?? (status ? null : 'Check your connection. The page retries automatically.')
    this.requestId = body.request_id ?? null
  }
}

const KEY = 'Idempotency-Key'

let confirmAgain: (() => Promise<boolean>) | null = null

/** The shell registers how to ask for a second factor; requests that need a recent one wait for it and are sent again. */
export function setStepUpHandler(ask: (() => Promise<boolean>) | null) {
  confirmAgain = ask
}

async function send(request: Request): Promise<Response> {
  const token = session.token()
  const copy = request.clone()
  if (token) copy.headers.set('Authorization', `Bearer ${token}`)
  try {
    return await fetch(copy)
  } catch (error) {
    if (!request.signal.aborted) connection.set('offline')
    throw error
  }
}

const WAITS_MS = [500, 1_500, 3_000]

/** A request with an Idempotency-Key takes effect once, so it is sent again, unchanged, where no answer arrived. */
async function sendWithRetries(request: Request): Promise<Response> {
  for (const wait of request.headers.has(KEY) ? WAITS_MS : []) {
    try {
      return await send(request)
    } catch (error) {
      if (request.signal.aborted || !navigator.onLine) throw error
      await new Promise(resume => setTimeout(resume, wait))
    }
  }
  return send(request)
}

async function refusalOf(response: Response): Promise<ProblemBody['code'] | undefined> {
  if (response.status !== 403) return undefined
  const body: Partial<ProblemBody> = await response.clone().json()
  return body.code
}

/** `fetch` with the session's token; anonymous requests under /api/auth go as they are. */
export async function fetchAuthorized(request: Request): Promise<Response> {
  if (new URL(request.url).pathname.startsWith('/api/auth/') && !request.url.endsWith('/step-up')) return send(request)
  if (request.method === 'POST' && !request.headers.has(KEY)) request.headers.set(KEY, newKey())
  await session.start()
  let response = await sendWithRetries(request)
  if (response.status === 401 && (await session.refresh())) response = await send(request)
  const refusal = await refusalOf(response)
  if (refusal === 'second_factor_required' && confirmAgain && (await confirmAgain())) response = await send(request)
  if (refusal === 'second_factor_due') session.requireSecondFactor()
  return response
}

export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('')
}

export const api = createClient<paths>({ baseUrl: location.origin, fetch: fetchAuthorized })

/** The data of a response, without the shapes of `explain`, which `readAddress` fetches. Raises Problem. */
export async function read<Out>(
  answer: Promise<{ data?: Out; error?: unknown; response: Response }>,
): Promise<Exclude<Out, HowMade | RowsBehind>> {
  let settled: Awaited<typeof answer>
  try {
    settled = await answer
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new Problem(0, {})
  }
  const { data, error, response } = settled
  if (!response.ok) throw new Problem(response.status, (error ?? {}) as Partial<ProblemBody>)
  return data as Exclude<Out, HowMade | RowsBehind>
}

/** GET any address, for calculations and files. Raises Problem. */
export async function readAddress<Out>(address: string, signal?: AbortSignal): Promise<Out> {
  const response = fetchAuthorized(new Request(new URL(address, location.origin), { signal })).then(async response => {
    const body: unknown = await response.json().catch(() => ({}))
    return response.ok ? { data: body, response } : { error: body, response }
  })
  return (await read(response)) as Out
}
