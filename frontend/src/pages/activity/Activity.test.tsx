import { act, cleanup, fireEvent, screen } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { CUSTOMER_EVENT } from '@/features/customer/useCustomerEvents'
import { renderPage, userWith } from '@/testing/render'
import { serve } from '@/testing/server'
import Activity, { mergeRows } from './Activity'
import { parseActivity } from './search'

afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

const row = (seq: number, more: object = {}) => ({
  seq,
  type: 'page.viewed',
  source: 'shop',
  occurred_at: '2026-11-28T10:00:00Z',
  customer_id: null,
  filtered: null,
  ...more,
})
const types = { data: [{ type: 'page.viewed' }, { type: 'order.placed' }] }
const hear = (seq: number, more: object = {}) =>
  act(() => {
    dispatchEvent(new CustomEvent(CUSTOMER_EVENT, { detail: { ...row(seq), skipped: 0, ...more } }))
  })

function open(events: object[], at = '/activity') {
  serve({
    'GET /api/events': [200, { data: events, next_before: null }],
    'GET /api/events/types': [200, types],
  })
  return renderPage(<Activity />, {
    path: '/activity',
    at,
    validateSearch: parseActivity,
    user: userWith(['events.read']),
  })
}

test('events appear as they arrive, those that fit the filters', async () => {
  await open([row(1)], '/activity?type=page.viewed')
  expect(await screen.findAllByRole('button', { name: 'Page viewed' })).toHaveLength(1)
  hear(2)
  hear(3, { type: 'order.placed' })
  expect(screen.getAllByRole('button', { name: 'Page viewed' })).toHaveLength(2)
  expect(screen.queryByRole('button', { name: 'Order placed' })).toBeNull()
})

test('a pause keeps the rows still and counts', async () => {
  await open([row(1)])
  await screen.findByRole('button', { name: 'Page viewed' })
  fireEvent.click(screen.getByRole('button', { name: 'Pause' }))
  hear(2)
  hear(3, { skipped: 5 })
  expect(screen.getByText('Paused, 7 events since')).toBeTruthy()
  expect(screen.getAllByRole('button', { name: 'Page viewed' })).toHaveLength(1)
})

test('without events the page says who sends them; with a filter, that there are no such ones', async () => {
  await open([])
  expect(await screen.findByText('No events yet')).toBeTruthy()
  cleanup()
  await open([], '/activity?source=other')
  expect(await screen.findByText('No such events')).toBeTruthy()
})

test('each event is shown once, the newest first', () => {
  const merged = mergeRows([row(3), row(2)], [row(2), row(1)])
  expect(merged.map(each => each.seq)).toEqual([3, 2, 1])
})
