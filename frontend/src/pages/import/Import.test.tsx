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
  undecided: ['columns.customer_key'],
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
  expect(changes[0]?.body).toEqual({ ...MAPPING, columns: { order_key: 'Client' }, undecided: [] })
})

const QUESTIONS: Found['questions'] = [
  {
    name: 'values.placeholders',
    text: 'Do these customers stand for sales without a customer: Guest (2 orders)?',
    evidence: "They stand in the column 'customer'.",
    choices: [
      { label: 'Yes, they are anonymous sales', changes: { placeholders: ['Guest'] } },
      { label: 'No, they are customers', changes: { placeholders: [] } },
    ],
    guess: 0,
  },
  {
    name: 'columns.customer_key',
    text: "Is the column 'Client' the customer number?",
    evidence: 'Only a part of its name is known.',
    choices: [
      { label: 'Yes', changes: { columns: { customer_key: 'Client' } } },
      { label: 'No, leave it out', changes: { columns: { customer_key: null } } },
    ],
    guess: 0,
  },
]

test('questions are answered before the import: all of them, none in advance, sent with the mapping', async () => {
  const changes = serve(answersFor({ questions: QUESTIONS }, { 'PUT /api/imports/5/mapping': [202, {}] }))
  await open()
  const apply = await screen.findByRole<HTMLButtonElement>('button', { name: 'Apply answers' })
  expect(screen.getByText(/^2 questions to answer/)).toBeTruthy()
  expect(document.activeElement?.contains(apply)).toBe(true)
  expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Import 100 lines' }).disabled).toBe(true)
  expect(screen.getAllByRole<HTMLInputElement>('radio').some(radio => radio.checked)).toBe(false)
  fireEvent.click(screen.getByRole('radio', { name: 'No, they are customers' }))
  expect(apply.disabled).toBe(true)
  fireEvent.click(screen.getByRole('radio', { name: 'No, leave it out' }))
  expect(apply.disabled).toBe(false)
  fireEvent.click(apply)
  await vi.waitFor(() => expect(changes).toHaveLength(1))
  expect(changes[0]?.body).toEqual({ ...MAPPING, placeholders: [], columns: { order_key: 'Invoice' }, undecided: [] })
})

test('how a status word counts is changed for this word alone', async () => {
  const lists = {
    counted: ['paid', 'On hold'],
    cancelled: ['void'],
    returned: [],
    partly_returned: [],
    left_out: ['on hold'],
  }
  const known = answersFor({ status_words: [{ word: 'on hold', counts_as: 'left_out', rows: 3 }] })
  const [, details] = known['GET /api/imports/5'] as [number, { mapping: object }]
  details.mapping = { ...MAPPING, ...lists }
  const changes = serve({ ...known, 'PUT /api/imports/5/mapping': [202, {}] })
  await open()
  fireEvent.click(await screen.findByRole('button', { name: 'Change: Order status “on hold”' }))
  await vi.waitFor(() => expect(changes).toHaveLength(1))
  expect(changes[0]?.body).toEqual({ ...MAPPING, ...lists, counted: ['paid'], left_out: [] })
})

test('what would be imported is said in money, and rows left out are listed and not counted as lines', async () => {
  serve(
    answersFor({
      label: 'Shopify orders export',
      money: [
        { status: 'completed', currency: 'GBP', orders: 6, amount: 125 },
        { status: 'cancelled', currency: 'GBP', orders: 1, amount: 30 },
      ],
      left_out: [{ kind: 'layout', reason: 'total', rows: 4, lines: [3, 9, 12] }],
      warnings: ['one', 'two', 'three', 'four'],
    }),
  )
  await open()
  expect(await screen.findByText('6 orders, £125.00; 1 order left out as cancelled, £30.00')).toBeTruthy()
  expect(screen.getByText('Shopify orders export')).toBeTruthy()
  expect(screen.getByRole('button', { name: 'Import 96 lines' })).toBeTruthy()
  expect(screen.getByText('3, 9, 12 and 1 more')).toBeTruthy()
  expect(screen.queryByText('Four')).toBeNull()
  fireEvent.click(screen.getByRole('button', { name: 'Show all notes (4)' }))
  expect(screen.getByText('Four')).toBeTruthy()
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
