import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { renderPage, userWith } from '@/testing/render'
import { type Answers, serve } from '@/testing/server'
import { parseToday } from './search'
import Today from './Today'

const META = { run_id: 1, as_of: '2026-11-01', currency: 'GBP' }
const row = (number: number) => ({
  customer_id: `C${number}`,
  name: `Customer ${number}`,
  segment: 'Loyal',
  probability: 0.5,
  expected_revenue: 100 * number,
  call_reason: number === 1 ? 'overdue' : 'due',
  why_call: `Usually orders every ${number} days; last order 46 days ago.`,
  value_at_risk: 100.1 * number,
  reasons: [],
  has_phone: false,
  follow_up: null,
})

/** The list as the server would answer: without the customers that were called. */
function callList(called: string[], rows = [row(1), row(2)]): Extract<Answers[string], (...given: never[]) => unknown> {
  return () => {
    const data = rows.filter(each => !called.includes(each.customer_id))
    const expected_revenue = data.reduce((sum, each) => sum + each.expected_revenue, 0)
    const value_at_risk = data.reduce((sum, each) => sum + each.value_at_risk, 0)
    return [
      200,
      {
        data,
        total: data.length,
        customers: 2,
        meta: META,
        call_list: rows.length ? { call_list_id: 1 } : null,
        summary: { calls: data.length, expected_revenue, value_at_risk, already_called: 0 },
      },
    ]
  }
}

const open = (permissions = ['calls.read', 'calls.write']) =>
  renderPage(<Today />, { path: '/', validateSearch: parseToday, user: userWith(permissions) })

async function logCall(name: string, outcome: string) {
  fireEvent.click(await screen.findByRole('button', { name: `Log call with ${name}` }))
  fireEvent.click(await screen.findByRole('radio', { name: outcome }))
  fireEvent.click(screen.getByRole('button', { name: 'Save' }))
}

afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

test('a logged call takes the customer off the list; Undo removes the call and brings the customer back', async () => {
  const called: string[] = []
  const changes = serve({
    'GET /api/calls/today': callList(called),
    'GET /api/kpis': [200, { data: [], meta: META }],
    'POST /api/calls': request => {
      called.push((request.body as { customer_id: string }).customer_id)
      return [201, { call_id: 5 }]
    },
    'POST /api/calls/5/undo': () => {
      called.length = 0
      return [200, {}]
    },
  })
  await open()
  await screen.findByText('Customer 1')
  screen.getByText('£300.30')
  expect(screen.getByRole('banner').textContent).toContain('2 customers to call, £300 revenue at risk')
  await logCall('Customer 1', 'Will order')
  const message = (await screen.findByText('Will order: Customer 1')).parentElement as HTMLElement
  expect(screen.queryByRole('button', { name: 'Customer 1' })).toBeNull()
  expect(screen.getByRole('banner').textContent).toContain('1 customer to call, £200')
  fireEvent.click(within(message).getByRole('button', { name: /^Undo/ }))
  await screen.findByText('Call removed')
  await screen.findByRole('button', { name: 'Customer 1' })
  expect(changes).toMatchObject([
    { path: '/api/calls', body: { customer_id: 'C1', outcome: 'will_order' } },
    { path: '/api/calls/5/undo' },
  ])
})

test('customers stand under their call reason, each with the reason in words', async () => {
  serve({ 'GET /api/calls/today': callList([]), 'GET /api/kpis': [200, { data: [], meta: META }] })
  await open()
  await screen.findByText('Usually orders every 1 days; last order 46 days ago.')
  const headings = screen.getAllByRole('heading', { level: 2 }).map(each => each.textContent)
  expect(headings).toEqual(['Overdue 1', 'Due 1'])
  expect(screen.queryByRole('button', { name: 'List settings' })).toBeNull()
})

test('list settings are saved only when the shares add up to 100 %', async () => {
  const quotas = { overdue: 50, win_back: 20, second_order: 15, due: 15 }
  const settings = {
    team_id: 3,
    team: 'North',
    capacity: 50,
    quotas,
    changed_by: null,
    changed_at: '2026-11-01T08:00:00Z',
  }
  const changes = serve({
    'GET /api/calls/today': callList([]),
    'GET /api/kpis': [200, { data: [], meta: META }],
    'GET /api/call-list/settings': [200, settings],
    'PUT /api/call-list/settings': [200, settings],
  })
  await open(['calls.read', 'calls.write', 'calls.configure'])
  fireEvent.click(await screen.findByRole('button', { name: 'List settings' }))
  fireEvent.change(await screen.findByLabelText('Due'), { target: { value: '20' } })
  await screen.findByText('The shares add up to 105 %. They must add up to 100 %.')
  expect(screen.getByRole('button', { name: 'Save' })).toHaveProperty('disabled', true)
  fireEvent.change(screen.getByLabelText('Overdue'), { target: { value: '45' } })
  fireEvent.click(screen.getByRole('button', { name: 'Save' }))
  await screen.findByText('Call list settings saved')
  expect(changes).toMatchObject([{ body: { capacity: 50, quotas: { ...quotas, overdue: 45, due: 20 }, team_id: 3 } }])
})

test('a refused call puts the customer back on the list and says why', async () => {
  let isRefused = false
  serve({
    // After the refusal the list cannot be fetched again: the page itself must restore it.
    'GET /api/calls/today': request => (isRefused ? [503, {}] : callList([])(request)),
    'GET /api/kpis': [200, { data: [], meta: META }],
    'POST /api/calls': () => {
      isRefused = true
      return [409, { detail: 'This customer was called a minute ago.' }]
    },
  })
  await open()
  await logCall('Customer 2', 'Reached')
  await screen.findByText('Call to Customer 2 was not saved: This customer was called a minute ago.')
  await waitFor(() => expect(screen.getByRole('button', { name: 'Customer 2' })).toBeTruthy())
})

test('without permission to log calls there is no button to do so', async () => {
  serve({ 'GET /api/calls/today': callList([]), 'GET /api/kpis': [200, { data: [], meta: META }] })
  await open(['calls.read'])
  await screen.findByText('Customer 1')
  expect(screen.queryByRole('button', { name: /Log call/ })).toBeNull()
})

test('an empty list tells a user who may see updates where to look', async () => {
  serve({ 'GET /api/calls/today': callList([], []), 'GET /api/kpis': [200, { data: [], meta: META }] })
  await open(['calls.read', 'runs.read'])
  await screen.findByText('No customers to call')
  expect(screen.getByRole('link', { name: 'View updates' }).getAttribute('href')).toBe('/runs')
})

test('a new manager is told to assign customers, and how', async () => {
  const summary = { calls: 0, expected_revenue: 0, value_at_risk: null, already_called: 0 }
  serve({
    'GET /api/calls/today': [
      200,
      { data: [], total: 0, customers: 0, resting: 0, call_list: null, meta: META, summary },
    ],
    'GET /api/kpis': [200, { data: [], meta: META }],
  })
  await renderPage(<Today />, {
    path: '/',
    validateSearch: parseToday,
    user: userWith(['calls.read', 'customers.assign'], { scope: 'team', team_id: 1 }),
  })
  await screen.findByText('No customers are assigned to your team yet')
  await screen.findByText('Assign some from Unassigned, or all of them by rules under Assignment.')
  const link = screen.getByRole('link', { name: 'View unassigned customers' })
  expect(link.getAttribute('href')).toBe('/customers?owner=unassigned')
})
