import { expect, test } from 'vitest'
import { parseEvents } from './stream'

test('whole events are read, the rest waits', () => {
  const { events, rest } = parseEvents(
    'id: 7\nevent: call_logged\ndata: {"call_id":1}\n\n: still here\n\nid: 8\nevent: run',
  )
  expect(events).toEqual([{ id: '7', type: 'call_logged', data: { call_id: 1 } }])
  expect(rest).toBe('id: 8\nevent: run')
})

test('lines may end as they like, data may come in parts', () => {
  expect(parseEvents('event: a\r\ndata: {"x":\r\ndata: 1}\r\n\r\n').events).toEqual([
    { id: '', type: 'a', data: { x: 1 } },
  ])
})
