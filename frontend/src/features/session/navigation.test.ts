import { expect, test } from 'vitest'
import { userWith } from '@/testing/render'
import { NAVIGATION, pagesFor, startPageFor } from './navigation'

const labels = (permissions: string[], setup_open = false) =>
  pagesFor(userWith(permissions, { setup_open })).map(page => page.label)

test('the navigation shows a page only with its permission; everyone has the glossary', () => {
  expect(labels([])).toEqual(['Glossary'])
  expect(labels(['calls.read', 'customers.read'])).toEqual(['Today', 'Customers', 'Call log', 'Glossary'])
  const all = NAVIGATION.flatMap(page => page.needs ?? [])
  expect(labels(all, true)).toEqual(NAVIGATION.map(page => page.label))
  expect(labels(all)).not.toContain('Setup')
})

test('the start page is the chosen one, else the first with permission', () => {
  const user = (home: string | null, ...permissions: string[]) =>
    userWith(permissions, { preferences: { home } as never })
  expect(startPageFor(user('/sales', 'calls.read', 'sales.read'))).toBe('/sales')
  expect(startPageFor(user('/sales', 'calls.read'))).toBe('/')
  expect(startPageFor(user(null, 'customers.read'))).toBe('/customers')
  expect(startPageFor(user(null))).toBe('/glossary')
})
