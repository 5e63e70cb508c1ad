import { expect, test } from 'vitest'
import { addressWith, integer, isoDay, localPath, number, oneOf, searchParser, text } from './searchParams'

const read = searchParser({
  q: text,
  from: isoDay,
  page: integer,
  least: number,
  sort: oneOf(['a', 'b']),
  next: localPath,
})

test('what is understood is kept', () => {
  const search = { q: 'iris', from: '2011-01-01', page: 2, least: 0.5, sort: 'b', next: '/customers?q=1' }
  expect(read(search)).toEqual(search)
})

test('what is not understood is undefined, laid over what was given', () => {
  const given = { q: '', from: 'soon', page: 1.5, least: 'many', sort: 'c', next: '//evil.example', other: 1 }
  expect({ ...given, ...read(given) }).toEqual({})
})

test('a number typed as a name is still a name', () => {
  expect(read({ q: 12345 })).toEqual({ q: '12345' })
})

test.each(['//evil.example', '/\\evil.example', 'https://evil.example', 'javascript:alert(1)'])(
  'after sign-in no user is sent to %s',
  next => {
    expect(read({ next })).toEqual({})
  },
)

test('an address holds what is set, written so that nothing in it is taken for another part', () => {
  expect(addressWith('/api/sales', { by: 'month', from: undefined, category: 'Home & Garden' })).toBe(
    '/api/sales?by=month&category=Home+%26+Garden',
  )
  expect(addressWith('/api/sales', {})).toBe('/api/sales')
})
