import { cleanup, fireEvent, screen, within } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import type { Run } from '@/api/shapes'
import { renderPage, userWith } from '@/testing/render'
import { type Answers, serve } from '@/testing/server'
import Runs from './Runs'
import { parseRuns } from './search'

afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

const run = (run_id: number, state: Run['state'], more: Partial<Run> = {}): Run =>
  ({
    run_id,
    state,
    published: false,
    as_of: '2026-11-02',
    started_at: '2026-11-02T08:00:00Z',
    published_at: '2026-11-02T08:01:00Z',
    customers_scored: 120,
    timings: { 'read the store': 2 },
    versions: {},
    rules_version: 1,
    error: null,
    progress: null,
    ...more,
  }) as Run

const RUNS = [
  run(4, 'failed', { error: 'The disk is full.' }),
  run(3, 'published', { published: true }),
  run(2, 'superseded'),
]
const ANSWERS: Answers = {
  'GET /api/freshness': [200, { run: { ...RUNS[1], data_to: '2026-11-01' }, refreshing: false }],
  'GET /api/runs': [200, { data: RUNS, total: 3 }],
  'GET /api/runs/3': [200, RUNS[1]],
  'GET /api/batches': [200, { data: [], total: 0 }],
}

const open = (permissions: string[]) =>
  renderPage(<Runs />, { path: '/runs', validateSearch: parseRuns, user: userWith(permissions) })

test('an update starts only after the dialog, with the training that was chosen', async () => {
  const changes = serve({ ...ANSWERS, 'POST /api/runs': [202, { job_id: 9, state: 'queued' }] })
  await open(['runs.read', 'runs.write'])
  fireEvent.click(await screen.findByRole('button', { name: 'Update now' }))
  const dialog = await screen.findByRole('dialog')
  expect(changes).toEqual([])
  fireEvent.change(within(dialog).getByLabelText('Train models'), { target: { value: 'never' } })
  fireEvent.click(within(dialog).getByRole('button', { name: 'Update' }))
  await vi.waitFor(() => expect(changes).toHaveLength(1))
  expect(changes[0]).toMatchObject({ path: '/api/runs', body: { predict: true, train: 'never' } })
})

test('a refused update says why and keeps the dialog open', async () => {
  serve({ ...ANSWERS, 'POST /api/runs': [409, { detail: 'An update is already running.' }] })
  await open(['runs.read', 'runs.write'])
  fireEvent.click(await screen.findByRole('button', { name: 'Update now' }))
  const dialog = await screen.findByRole('dialog')
  fireEvent.click(within(dialog).getByRole('button', { name: 'Update' }))
  expect((await within(dialog).findByRole('alert')).textContent).toContain('An update is already running.')
})

test('without the permission nothing can be started or shown again', async () => {
  serve(ANSWERS)
  await open(['runs.read'])
  await screen.findByRole('link', { name: 'Update 2' })
  expect(screen.queryByRole('button')).toBeNull()
})

test('an earlier update can be shown again, the current and a failed one cannot', async () => {
  const changes = serve({ ...ANSWERS, 'POST /api/runs/2/publish': [200, RUNS[2]] })
  await open(['runs.read', 'runs.write'])
  fireEvent.click(await screen.findByRole('button', { name: 'Show update 2' }))
  expect(screen.queryByRole('button', { name: /Show update [34]/ })).toBeNull()
  const dialog = await screen.findByRole('dialog')
  fireEvent.click(within(dialog).getByRole('button', { name: 'Show update 2' }))
  await vi.waitFor(() => expect(changes.map(({ path }) => path)).toEqual(['/api/runs/2/publish']))
})
