import { cleanup, fireEvent, screen, within } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import type { Batch, Found } from '@/api/shapes'
import { renderPage, userWith } from '@/testing/render'
import { type Answers, serve } from '@/testing/server'
import Import from './Import'
import { parseImport } from './search'

afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

const FIELDS: Found['fields'] = [
  { name: 'order_key', rows: ['orders'], kind: 'text', meaning: 'what names the order' },
  { name: 'customer_key', rows: ['orders', 'customers'], kind: 'text', meaning: 'what names the customer' },
  { name: 'name', rows: ['customers'], kind: 'text', meaning: "the customer's name" },
]
const FOUND: Partial<Found> = {
  kind: 'text',
  compression: null,
  encoding: 'cp1252',
  line_ending: 'LF',
  dialect: { delimiter: ';' },
  columns: [
    { header: 'Invoice', type: 'text', samples: ['A1'], field: 'order_key', confidence: 1 },
    { header: 'Client', type: 'text', samples: ['7'], field: 'customer_key', confidence: 0.6 },
  ],
  format: 'mapped',
  date_evidence: {},
  decimal: null,
  thousands: null,
  currency: null,
  rows: 100,
  orders: 40,
  customers: 12,
  products: null,
  rejected: 0,
  rejects: [],
  warnings: [],
  fields: FIELDS,
  preview: [],
}
const MAPPING = {
  source: 'shop',
  rows: 'orders',
  columns: { order_key: 'Invoice', customer_key: 'Client' },
  dialect: { encoding: null, delimiter: ';' },
  date_order: null,
  decimal: null,
  currency: null,
  country: null,
}

function answersFor(found: Partial<Found>, more: Answers = {}): Answers {
  const known = {
    import_id: 5,
    file_name: 'orders.csv',
    state: 'ready',
    revision: 1,
    received_at: '2026-11-02T08:00:00Z',
    batch_id: null,
    job: null,
    problem: null,
    remedy: null,
    found: { ...FOUND, ...found },
    mapping: MAPPING,
  }
  return { 'GET /api/imports/5': [200, known], ...more }
}

const open = (permissions = ['imports.write', 'imports.undo'], at = '/import?import=5') =>
  renderPage(<Import />, { path: '/import', at, validateSearch: parseImport, user: userWith(permissions) })

test('many rejected lines need consent, and only then is the file imported with them left out', async () => {
  const changes = serve(answersFor({ rejected: 30 }, { 'POST /api/imports/5/commit': [202, {}] }))
  await open()
  const button = await screen.findByRole<HTMLButtonElement>('button', { name: 'Import 70 lines' })
  expect(button.disabled).toBe(true)
  fireEvent.click(screen.getByLabelText('Import the valid lines anyway'))
  expect(button.disabled).toBe(false)
  fireEvent.click(button)
  await vi.waitFor(() => expect(changes).toHaveLength(1))
  expect(changes[0]?.body).toEqual({ max_rejected: 100, refresh: true })
})

test('a changed mapping is checked again before anything can be imported', async () => {
  const changes = serve(answersFor({}, { 'PUT /api/imports/5/mapping': [202, {}] }))
  await open()
  const button = await screen.findByRole<HTMLButtonElement>('button', { name: 'Import 100 lines' })
  expect(button.disabled).toBe(false)
  fireEvent.change(screen.getByLabelText('Import Client as'), { target: { value: 'order_key' } })
  expect(button.disabled).toBe(true)
  expect(screen.getByLabelText<HTMLSelectElement>('Import Invoice as').value).toBe('')
  fireEvent.click(screen.getByRole('button', { name: 'Check again' }))
  await vi.waitFor(() => expect(changes).toHaveLength(1))
  expect(changes[0]?.body).toEqual({ ...MAPPING, columns: { order_key: 'Client' } })
})

test('the encoding is changed without losing the rest of the format', async () => {
  const changes = serve(answersFor({}, { 'PUT /api/imports/5/mapping': [202, {}] }))
  await open()
  const encoding = await screen.findByLabelText<HTMLSelectElement>('Encoding')
  expect(encoding.selectedOptions[0]?.textContent).toBe('As detected (Windows-1252)')
  fireEvent.change(encoding, { target: { value: 'cp1250' } })
  fireEvent.click(screen.getByRole('button', { name: 'Check again' }))
  await vi.waitFor(() => expect(changes).toHaveLength(1))
  expect(changes[0]?.body).toMatchObject({ dialect: { encoding: 'cp1250', delimiter: ';' } })
})

test('the fields to choose from follow what a row is; a field that is not sure says so', async () => {
  serve(answersFor({}))
  await open()
  const select = await screen.findByLabelText<HTMLSelectElement>('Import Client as')
  const options = () => [...select.options].map(option => option.text)
  expect(options()).toEqual(['Do not import', 'Order number', 'Customer number'])
  expect(within(select.closest('tr') as HTMLElement).getByText('60% sure')).toBeTruthy()
  fireEvent.change(screen.getByLabelText('Each row is'), { target: { value: 'customers' } })
  expect(options()).toEqual(['Do not import', 'Customer number', 'Customer name'])
})

const BATCH = {
  batch_id: 3,
  file_name: 'orders.csv',
  source: 'shop',
  rows: 'orders',
  state: 'loaded',
  lines_read: 10,
  lines_loaded: 8,
  lines_unchanged: 0,
  lines_rejected: 2,
  loaded_at: '2026-11-02T08:00:00Z',
  undone_at: null,
} as Batch
const HISTORY: Answers = {
  'GET /api/imports': [200, { data: [], total: 0 }],
  'GET /api/batches': [200, { data: [BATCH], total: 1 }],
}

test('an import is undone only after the dialog, with later ones where chosen', async () => {
  const changes = serve({
    ...HISTORY,
    'POST /api/batches/3/undo': [202, { job_id: 8, state: 'queued' }],
    'GET /api/jobs/8': [200, { job_id: 8, state: 'done' }],
  })
  await open(undefined, '/import')
  fireEvent.click(await screen.findByRole('button', { name: 'Undo import 3' }))
  const dialog = await screen.findByRole('dialog')
  expect(changes).toEqual([])
  fireEvent.click(within(dialog).getByRole('checkbox'))
  fireEvent.click(within(dialog).getByRole('button', { name: 'Undo import' }))
  expect(await screen.findByText('Import 3 undone')).toBeTruthy()
  expect(changes).toEqual([expect.objectContaining({ body: { with_later: true, refresh: true } })])
})

test('without the permissions there is no undo and no download of rejected lines', async () => {
  serve(HISTORY)
  await open(['quality.read'], '/import')
  await screen.findByText('orders.csv')
  expect(screen.queryByRole('button', { name: 'Undo import 3' })).toBeNull()
  expect(screen.queryByRole('button', { name: /rejected lines of import 3/ })).toBeNull()
})
