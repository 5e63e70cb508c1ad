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
  reasons: [`usually orders every ${number} days`],
})

/** The list as the server would answer: without the customers that were called. */
function callList(called: string[], rows = [row(1), row(2)]): Extract<Answers[string], (...given: never[]) => unknown> {
  return () => {
    const data = rows.filter(each => !called.includes(each.customer_id))
    const expected_revenue = data.reduce((sum, each) => sum + each.expected_revenue, 0)
    return [
      200,
      {
        data,
        total: data.length,
        customers: 2,
        meta: META,
        summary: { calls: data.length, expected_revenue, already_called: 0 },
      },
    ]
  }
}

const open = (permissions = ['calls.read', 'calls.write']) =>
  renderPage(<Today />, { path: '/', validateSearch: parseToday, user: userWith(permissions) })

async function logCall(name: string, outcome: string) {
  fireEvent.click(await screen.findByRole('button', { name: `Log call with ${name}` }))
  fireEvent.click(await screen.findByRole('menuitem', { name: outcome }))
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
  expect(screen.getByRole('banner').textContent).toContain('2 customers, £300 expected revenue (30 days)')
  await logCall('Customer 1', 'Will order')
  const message = (await screen.findByText('Will order: Customer 1')).parentElement as HTMLElement
  expect(screen.queryByRole('button', { name: 'Customer 1' })).toBeNull()
  expect(screen.getByRole('banner').textContent).toContain('1 customer, £200')
  fireEvent.click(within(message).getByRole('button', { name: /^Undo/ }))
  await screen.findByText('Call removed')
  await screen.findByRole('button', { name: 'Customer 1' })
  expect(changes).toMatchObject([
    { path: '/api/calls', body: { customer_id: 'C1', outcome: 'will_order' } },
    { path: '/api/calls/5/undo' },
  ])
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
  await screen.findByText('This customer was called a minute ago.')
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
  const summary = { calls: 0, expected_revenue: 0, already_called: 0 }
  serve({
    'GET /api/calls/today': [200, { data: [], total: 0, customers: 0, resting: 0, meta: META, summary }],
    'GET /api/kpis': [200, { data: [], meta: META }],
  })
  await renderPage(<Today />, {
    path: '/',
    validateSearch: parseToday,
    user: userWith(['calls.read', 'customers.assign'], { scope: 'team', team_id: 1 }),
  })
  await screen.findByText('No customers are assigned to your team yet')
  await screen.findByText('Assign some from Unassigned.')
  const link = screen.getByRole('link', { name: 'View unassigned customers' })
  expect(link.getAttribute('href')).toBe('/customers?owner=unassigned')
})
