import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { renderPage, userWith } from '@/testing/render'
import { type Answers, type SentRequest, serve } from '@/testing/server'
import Customers from './Customers'
import { parseCustomers } from './search'
import { NONE, setSelection } from './selection'

const META = { run_id: 1, as_of: '2026-11-01', currency: 'GBP' }
const row = (number: number) => ({
  customer_id: `C${number}`,
  name: `Customer ${number}`,
  segment: 'Loyal',
  probability: 0.5,
  expected_revenue: 100 * number,
  reasons: ['usually orders every 18 days'],
  r: 5,
  f: 4,
  m: 3,
  last_purchase_day: '2026-10-01',
  frequency: 3,
  monetary: 300,
  churn_state: 'unsure',
  value_12m: 900,
})
const ROWS = [row(1), row(2), row(3)]
const USERS = { data: [{ user_id: 7, name: 'Rob' }], total: 1 }

let sent: SentRequest[]

function answers(more: Answers = {}): Answers {
  return {
    'GET /api/customers': request => {
      sent.push(request)
      return [200, { data: ROWS, total: ROWS.length, next_cursor: null, meta: META }]
    },
    'GET /api/segments': [200, { data: [{ segment: 'Loyal' }, { segment: 'Champions' }], meta: META }],
    'GET /api/sales': [200, { data: [{ name: 'Tea' }], meta: META }],
    'GET /api/views': [200, { data: [], total: 0 }],
    'GET /api/assignees': [200, USERS],
    ...more,
  }
}

const open = (
  at = '/customers',
  permissions = ['customers.read', 'customers.names', 'sales.read', 'calls.write', 'customers.export'],
) => renderPage(<Customers />, { path: '/customers', at, validateSearch: parseCustomers, user: userWith(permissions) })

const bar = () => screen.queryByRole('region', { name: 'Selected customers' })
const select = async (name: string) => fireEvent.click(await screen.findByRole('checkbox', { name: `Select ${name}` }))

beforeEach(() => {
  sent = []
  setSelection(NONE)
  // happy-dom lays nothing out: give every element a width, so that the list is a table and its rows are drawn.
  vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(1400)
  vi.spyOn(HTMLElement.prototype, 'offsetHeight', 'get').mockReturnValue(800)
  vi.spyOn(HTMLElement.prototype, 'offsetWidth', 'get').mockReturnValue(1400)
})

afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

test('a filter goes to the URL and to the API, and its chip removes it', async () => {
  serve(answers())
  const { router } = await open()
  await screen.findByText('Customer 1')
  await screen.findByRole('option', { name: 'Champions' })
  fireEvent.change(screen.getByLabelText('Segment'), { target: { value: 'Champions' } })
  await waitFor(() => expect(router.state.location.search).toEqual({ segment: 'Champions' }))
  await waitFor(() => expect(sent.at(-1)?.search).toMatchObject({ segment: 'Champions', sort: 'probability' }))
  fireEvent.click(await screen.findByRole('button', { name: /^Champions.*remove this filter/ }))
  await waitFor(() => expect(router.state.location.search).toEqual({}))
  await waitFor(() => expect(screen.queryByRole('button', { name: /remove this filter/ })).toBeNull())
})

test('filters in the URL are shown and sent; one that cannot be parsed is ignored', async () => {
  serve(answers())
  await open('/customers?segment=Loyal&min_probability=0.5&state=unsure&from=yesterday&sort=sideways')
  await screen.findByText('Customer 1')
  expect(sent[0]?.search).toEqual({
    segment: 'Loyal',
    min_probability: '0.5',
    state: 'unsure',
    sort: 'probability',
    limit: '200',
  })
  expect(screen.getByLabelText<HTMLSelectElement>('Segment').value).toBe('Loyal')
  expect(screen.getByLabelText<HTMLSelectElement>('Churn risk').value).toBe('unsure')
  const chips = screen.getAllByRole('button', { name: /remove this filter/ })
  expect(chips.map(chip => chip.textContent?.replace(', remove this filter', ''))).toEqual([
    'Loyal',
    'Chance to order: 50% or more',
    'Churn risk: unsure',
  ])
})

test('Clear filters removes every filter and keeps the sort', async () => {
  serve(answers())
  const { router } = await open('/customers?segment=Loyal&q=tea&sort=monetary')
  await screen.findByText('Customer 1')
  fireEvent.click(screen.getByRole('button', { name: 'Clear filters' }))
  await waitFor(() => expect(router.state.location.search).toEqual({ sort: 'monetary' }))
})

test('the selection bar counts the selected rows and their expected revenue; selecting again and clearing empty it', async () => {
  serve(answers())
  await open()
  await select('Customer 1')
  await select('Customer 3')
  expect(bar()?.textContent).toContain('2 customers, £400 expected revenue')
  await select('Customer 1')
  expect(bar()?.textContent).toContain('1 customer, £300 expected revenue')
  fireEvent.click(screen.getByRole('button', { name: 'Clear selection' }))
  expect(bar()).toBeNull()
})

test('select all takes every loaded row, and none when all are selected', async () => {
  serve(answers())
  await open()
  const all = await screen.findByRole<HTMLInputElement>('checkbox', { name: 'Select all loaded rows' })
  await select('Customer 2')
  expect(all.checked).toBe(false)
  fireEvent.click(all)
  expect(bar()?.textContent).toContain('3 customers, £600')
  expect(all.checked).toBe(true)
  fireEvent.click(all)
  expect(bar()).toBeNull()
})

test('a column is sorted best first, then the other way round; texts begin with A', async () => {
  serve(answers())
  const { router } = await open()
  await screen.findByText('Customer 1')
  const head = (name: string) => screen.getByRole('columnheader', { name: new RegExp(`${name}$`) })
  const click = (name: string) => fireEvent.click(within(head(name)).getByRole('button'))
  for (const [name, first, second] of [
    ['Name', 'ascending', 'descending'],
    ['Owner', 'ascending', 'descending'],
    ['Last order', 'descending', 'ascending'],
    ['Net revenue', 'descending', 'ascending'],
  ] as const) {
    click(name)
    await waitFor(() => expect(head(name).getAttribute('aria-sort')).toBe(first))
    click(name)
    await waitFor(() => expect(head(name).getAttribute('aria-sort')).toBe(second))
  }
  expect(router.state.location.search).toEqual({ sort: 'monetary_reversed' })
  await waitFor(() => expect(sent.at(-1)?.search).toMatchObject({ sort: 'monetary_reversed' }))
})

test('the selection outlives a sort, a filter and leaving the page', async () => {
  serve(
    answers({
      'POST /api/selections': [200, { customers: 2, shown: 1, expected_revenue: 300, customer_ids: null, meta: META }],
    }),
  )
  await open()
  await select('Customer 1')
  await select('Customer 2')
  fireEvent.click(screen.getByRole('button', { name: 'Name' }))
  expect(bar()?.textContent).toContain('2 customers, £300')
  cleanup()
  serve(
    answers({
      'GET /api/customers': [200, { data: [row(1)], total: 1, next_cursor: null, meta: META }],
      'POST /api/selections': [200, { customers: 2, shown: 1, expected_revenue: 300, customer_ids: null, meta: META }],
    }),
  )
  await open('/customers?segment=Loyal')
  expect((await screen.findByRole<HTMLInputElement>('checkbox', { name: 'Select Customer 1' })).checked).toBe(true)
  await waitFor(() => expect(bar()?.textContent).toContain('2 customers, £300 expected revenue, 1 hidden'))
})

test('all that match are selected, assigned after a question, and named by the filters and their number', async () => {
  const ids = Array.from({ length: 290 }, (_, place) => `C${place + 1}`)
  const changes = serve(
    answers({
      'GET /api/customers': [200, { data: ROWS, total: 290, next_cursor: 'more', meta: META }],
      'POST /api/selections': [
        200,
        { customers: 290, shown: 290, expected_revenue: 9000, customer_ids: ids, meta: META },
      ],
      'POST /api/assignments': [201, { assignment_id: 4, user_id: 7, customers: 290, previous: {} }],
    }),
  )
  await open('/customers?segment=Loyal', ['customers.read', 'customers.assign'])
  await select('Customer 1')
  fireEvent.click(within(bar() as HTMLElement).getByRole('button', { name: 'Select all 290' }))
  await waitFor(() => expect(bar()?.textContent).toContain('290 customers, £9,000 expected revenue'))
  fireEvent.click(within(bar() as HTMLElement).getByRole('button', { name: 'Assign' }))
  fireEvent.click(await screen.findByRole('menuitem', { name: 'Rob' }))
  const question = await screen.findByRole('dialog', { name: 'Assign 290 customers to Rob?' })
  fireEvent.click(within(question).getByRole('button', { name: 'Assign' }))
  await screen.findByText('Assigned 290 customers to Rob')
  expect(changes.find(change => change.path === '/api/assignments')?.body).toEqual({
    matching: { segment: 'Loyal' },
    except_ids: [],
    expected: 290,
    user_id: 7,
  })
})

test('snooze sends the selected customers; Undo removes the snooze', async () => {
  const snoozes = [{ snooze_id: 11 }, { snooze_id: 12 }]
  const changes = serve(
    answers({
      'POST /api/snoozes': [201, { data: snoozes }],
      'POST /api/snoozes/lift': [200, { customers: 2 }],
    }),
  )
  await open()
  await select('Customer 1')
  await select('Customer 2')
  fireEvent.click(within(bar() as HTMLElement).getByRole('button', { name: 'Snooze' }))
  fireEvent.click(await screen.findByRole('menuitem', { name: 'Until tomorrow' }))
  const message = (await screen.findByText('2 customers snoozed')).parentElement as HTMLElement
  expect(changes).toMatchObject([{ path: '/api/snoozes', body: { customer_ids: ['C1', 'C2'] } }])
  await waitFor(() => expect(bar()).toBeNull())
  fireEvent.click(within(message).getByRole('button', { name: /^Undo/ }))
  await screen.findByText('Snooze removed')
  expect(changes.slice(1)).toMatchObject([{ path: '/api/snoozes/lift', body: { snooze_ids: [11, 12] } }])
})

test('assigning names the new owner, and keeps the selection when the API refuses', async () => {
  const changes = serve(answers({ 'POST /api/assignments': [403, { detail: 'Rob is not in your team.' }] }))
  await open('/customers', ['customers.read', 'customers.assign'])
  await select('Customer 2')
  fireEvent.click(within(bar() as HTMLElement).getByRole('button', { name: 'Assign' }))
  fireEvent.click(await screen.findByRole('menuitem', { name: 'Rob' }))
  await screen.findByText('Rob is not in your team.')
  expect(changes).toMatchObject([{ path: '/api/assignments', body: { customer_ids: ['C2'], user_id: 7 } }])
  expect(bar()?.textContent).toContain('1 customer')
})

test('no owner is offered in bulk; Undo gives the customers back', async () => {
  const changes = serve(
    answers({
      'POST /api/assignments': [201, { assignment_id: 4, user_id: null, customers: 1, previous: { C2: 7 } }],
      'POST /api/assignments/4/undo': [200, { assignment_id: 4, customers: 1 }],
    }),
  )
  await open('/customers', ['customers.read', 'customers.assign'])
  await select('Customer 2')
  fireEvent.click(within(bar() as HTMLElement).getByRole('button', { name: 'Assign' }))
  fireEvent.click(await screen.findByRole('menuitem', { name: 'No owner' }))
  const message = (await screen.findByText('Unassigned 1 customer')).parentElement as HTMLElement
  expect(changes).toMatchObject([{ path: '/api/assignments', body: { customer_ids: ['C2'], user_id: null } }])
  fireEvent.click(within(message).getByRole('button', { name: /^Undo/ }))
  await screen.findByText('Assignment undone')
  expect(changes.at(-1)?.path).toBe('/api/assignments/4/undo')
})

test('the owner filter offers Unassigned and the team, only to users who assign', async () => {
  serve(answers())
  const { router } = await open('/customers?owner=7', ['customers.read', 'customers.assign'])
  await screen.findByRole('button', { name: /^Owner: Rob.*remove this filter/ })
  expect(sent[0]?.search).toMatchObject({ owner: '7' })
  fireEvent.change(screen.getByLabelText('Owner'), { target: { value: 'unassigned' } })
  await waitFor(() => expect(router.state.location.search).toEqual({ owner: 'unassigned' }))
  await waitFor(() => expect(sent.at(-1)?.search).toMatchObject({ owner: 'unassigned' }))
  cleanup()
  await open('/customers', ['customers.read'])
  await screen.findByText('Customer 1')
  expect(screen.queryByLabelText('Owner')).toBeNull()
})

test('the owner column names the owner, or says that the customer is unassigned', async () => {
  const rows = [
    { ...row(1), owner: { user_id: 7, name: 'Rob' } },
    { ...row(2), owner: null },
  ]
  serve(answers({ 'GET /api/customers': [200, { data: rows, total: 2, next_cursor: null, meta: META }] }))
  await open('/customers', ['customers.read'])
  await screen.findByText('Customer 1')
  const shown = screen.getAllByRole('cell').filter(cell => cell.dataset.name === 'owner')
  expect(shown.map(cell => cell.textContent)).toEqual(['Rob', 'Unassigned'])
})

test('a list without any assigned customer says what a manager, a rep and a manager without a team can do', async () => {
  const none = answers({ 'GET /api/customers': [200, { data: [], total: 0, next_cursor: null, meta: META }] })
  for (const [more, permissions, title] of [
    [
      { scope: 'team', team_id: 1 },
      ['customers.read', 'customers.assign'],
      'No customers are assigned to your team yet',
    ],
    [{ scope: 'team', team_id: null }, ['customers.read', 'customers.assign'], 'You are not in a team yet'],
    [{ scope: 'own', team_id: 1 }, ['customers.read'], 'No customers are assigned to you yet'],
    [{ scope: 'all', team_id: null }, ['customers.read'], 'No customers match'],
  ] as const) {
    serve(none)
    await renderPage(<Customers />, {
      path: '/customers',
      validateSearch: parseCustomers,
      user: userWith([...permissions], more),
    })
    await screen.findByText(title)
    cleanup()
  }
})

test('actions without permission are not offered', async () => {
  serve(answers())
  await open('/customers', ['customers.read'])
  await select('Customer 1')
  const offered = within(bar() as HTMLElement).getAllByRole('button')
  expect(offered.map(button => button.textContent)).toEqual(['Clear selection'])
  expect(screen.queryByRole('button', { name: 'Export' })).toBeNull()
})
