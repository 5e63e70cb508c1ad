import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { api, Problem, read, toReaderWords } from './client'
import { session } from './session'

const user = { name: 'Marta', permissions: [], preferences: {} }
let sent: string[] = []

/** Answers by path; a list is answered one after the other. */
function serve(answers: Record<string, [number, unknown][]>) {
  sent = []
  vi.stubGlobal('fetch', async (input: Request | string) => {
    const path = new URL(typeof input === 'string' ? new URL(input, location.origin) : input.url).pathname
    sent.push(path)
    const waiting = answers[path] ?? []
    const [status, body] = (waiting.length > 1 ? waiting.shift() : waiting[0]) ?? [404, {}]
    return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } })
  })
}

beforeEach(() => session.forget())
afterEach(() => vi.unstubAllGlobals())

test('the first request waits for the session; an expired token is renewed once and the request sent again', async () => {
  serve({
    '/api/auth/refresh': [[200, { access_token: 'new', user }]],
    '/api/views': [
      [401, {}],
      [200, { data: [] }],
    ],
  })
  expect(await read(api.GET('/api/views'))).toEqual({ data: [] })
  expect(sent).toEqual(['/api/auth/refresh', '/api/views', '/api/auth/refresh', '/api/views'])
})

test('a second factor that becomes due while a page is open discards nothing on it', async () => {
  serve({
    '/api/auth/refresh': [[200, { access_token: 'new', user: { ...user, second_factor_due: false } }]],
    '/api/views': [[403, { code: 'second_factor_due', detail: 'Your role requires a second factor.' }]],
  })
  await expect(read(api.GET('/api/views'))).rejects.toThrow('Your role requires a second factor.')
  expect(session.get().user?.second_factor_due).toBe(true)
  expect(sent).toHaveLength(2)
})

test('many questions at once share one renewal', async () => {
  serve({ '/api/auth/refresh': [[200, { access_token: 'new', user }]], '/api/views': [[200, { data: [] }]] })
  await Promise.all([1, 2, 3].map(() => read(api.GET('/api/views'))))
  expect(sent.filter(path => path === '/api/auth/refresh')).toHaveLength(1)
})

test('a session that ended is expired, not silently signed out', async () => {
  serve({
    '/api/auth/refresh': [
      [200, { access_token: 'a', user }],
      [401, {}],
    ],
    '/api/views': [[401, { detail: 'Sign in first.' }]],
  })
  await expect(read(api.GET('/api/views'))).rejects.toThrow('Sign in first.')
  expect(session.get().phase).toBe('expired')
})

test('problems keep their words, their remedy and their field', async () => {
  serve({
    '/api/auth/refresh': [[200, { access_token: 'a', user }]],
    '/api/views': [[400, { detail: 'limit: too many', parameter: 'limit', remedy: 'Ask for less.' }]],
  })
  const problem = await read(api.GET('/api/views')).catch(error => error)
  expect(problem).toBeInstanceOf(Problem)
  expect(problem).toMatchObject({
    status: 400,
    message: 'limit: too many',
    parameter: 'limit',
    remedy: 'Ask for less.',
  })
})

test('messages say nothing of the API and of commands, which readers of the pages cannot use', () => {
  expect(toReaderWords('Customer not found. Find the customer in the list: /api/customers?q=')).toBe(
    'Customer not found.',
  )
  expect(toReaderWords('List them: GET /api/batches')).toBeNull()
  expect(toReaderWords('Allow more: --max-rejected. Or correct the file.')).toBe('Or correct the file.')
  expect(toReaderWords('Start an update. On the command line: foresell refresh')).toBe('Start an update.')
  expect(toReaderWords('Foresell cannot be reached. The customer may get a reminder.')).toBe(
    'Foresell cannot be reached. The customer may get a reminder.',
  )
  expect(new Problem(404, { detail: 'Not there', remedy: 'List them: GET /api/runs' }).remedy).toBeNull()
})
