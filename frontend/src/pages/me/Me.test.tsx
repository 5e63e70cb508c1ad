import { cleanup, fireEvent, screen, within } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { renderPage, userWith } from '@/testing/render'
import { serve } from '@/testing/server'
import Me from './Me'
import { parseMe } from './search'

afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

const ME = userWith(['customers.read', 'users.manage', 'contacts.export', 'sales.read'])

test('a key is offered permissions in words, and none that only a person may use', async () => {
  const changes = serve({
    'GET /api/me': [200, ME],
    'GET /api/me/api-keys': [200, { data: [], total: 0 }],
    'POST /api/me/api-keys': [201, { key: 'fsk_secret', name: 'Warehouse', key_id: 1, scopes: ['sales.read'] }],
  })
  await renderPage(<Me />, { path: '/me', at: '/me?tab=keys', validateSearch: parseMe, user: ME })
  fireEvent.click(await screen.findByRole('button', { name: 'New API key' }))
  const dialog = await screen.findByRole('dialog')
  const offered = within(dialog).getAllByRole('checkbox')
  expect(offered.map(box => box.closest('.mantine-Checkbox-root')?.textContent)).toEqual([
    'See customers',
    'See sales and forecasts',
  ])
  const create = within(dialog).getByRole<HTMLButtonElement>('button', { name: 'Create key' })
  fireEvent.change(within(dialog).getByLabelText('Purpose'), { target: { value: ' Warehouse ' } })
  expect(create.disabled).toBe(true)
  fireEvent.click(offered[1] as HTMLElement)
  expect(create.disabled).toBe(false)
  fireEvent.click(create)
  expect(await screen.findByText('fsk_secret')).toBeTruthy()
  expect(changes).toHaveLength(1)
  expect(changes[0]?.body).toMatchObject({ name: 'Warehouse', scopes: ['sales.read'] })
})

test('a new password may be shorter with a second factor, and needs the current one', async () => {
  const withFactor = { ...ME, factors: ['totp'], second_factor: true }
  serve({ 'GET /api/me': [200, withFactor], 'GET /api/me/passkeys': [200, { data: [], total: 0 }] })
  await renderPage(<Me />, { path: '/me', at: '/me?tab=sign-in', validateSearch: parseMe, user: ME })
  expect(await screen.findByText(/At least 8 characters/)).toBeTruthy()
  expect(screen.getByLabelText('Current password')).toBeTruthy()
})
