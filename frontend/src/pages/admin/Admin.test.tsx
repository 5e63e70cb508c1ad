import { cleanup, fireEvent, screen, within } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import type { Account, Role } from '@/api/shapes'
import { renderPage, userWith } from '@/testing/render'
import { type Answers, serve } from '@/testing/server'
import Admin from './Admin'
import { parseAdmin } from './search'

afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

const account = (user_id: number, name: string, roles: string[]): Account => ({
  user_id,
  name,
  email: `${name.toLowerCase()}@shop.example`,
  roles,
  team: null,
  second_factor: false,
  requires_second_factor: false,
  disabled: false,
  created_at: '2026-01-01T00:00:00Z',
  last_seen_at: null,
})
const role = (name: string, permissions: string[]): Role => ({
  requires_second_factor: false,
  reveals_a_day: null,
  contact_exports_a_day: null,
  name,
  scope: 'all',
  description: `Is ${name}.`,
  permissions,
})

const ANSWERS: Answers = {
  'GET /api/users': [200, { data: [account(1, 'Marta', ['admin']), account(2, 'Rob', ['rep'])], total: 2 }],
  'GET /api/roles': [200, { data: [role('rep', ['calls.read']), role('admin', ['users.manage'])], total: 2 }],
  'GET /api/teams': [200, { data: [], total: 0 }],
  'GET /api/api-keys': [200, { data: [], total: 0 }],
}

const open = (at: string, permissions = ['users.manage', 'keys.manage', 'audit.read']) =>
  renderPage(<Admin />, { path: '/admin', at, validateSearch: parseAdmin, user: userWith(permissions) })

test('users cannot change their own roles, nor block themselves', async () => {
  serve(ANSWERS)
  await open('/admin?user=1')
  const dialog = await screen.findByRole('dialog', { name: 'Marta' })
  const admin = await within(dialog).findByRole<HTMLInputElement>('checkbox', { name: /Administrator/ })
  expect(admin.closest('fieldset')?.disabled).toBe(true)
  expect(dialog.textContent).toContain('You cannot change your own roles')
  expect(within(dialog).queryByRole('button', { name: 'Block' })).toBeNull()
})

test('only what was changed is sent', async () => {
  const changes = serve({ ...ANSWERS, 'PATCH /api/users/2': [200, account(2, 'Rob', ['rep', 'admin'])] })
  await open('/admin?user=2')
  const dialog = await screen.findByRole('dialog', { name: 'Rob' })
  const save = within(dialog).getByRole<HTMLButtonElement>('button', { name: 'Save' })
  expect(save.disabled).toBe(true)
  const admin = await within(dialog).findByRole<HTMLInputElement>('checkbox', { name: /Administrator/ })
  expect(admin.closest('fieldset')?.disabled).toBe(false)
  fireEvent.click(admin)
  fireEvent.click(save)
  await vi.waitFor(() => expect(changes).toEqual([expect.objectContaining({ body: { roles: ['rep', 'admin'] } })]))
  expect(await screen.findByText('Rob saved; takes effect immediately')).toBeTruthy()
})

test('a user is blocked only after the dialog asks', async () => {
  const changes = serve({ ...ANSWERS, 'PATCH /api/users/2': [200, { ...account(2, 'Rob', ['rep']), disabled: true }] })
  await open('/admin?user=2')
  fireEvent.click(within(await screen.findByRole('dialog', { name: 'Rob' })).getByRole('button', { name: 'Block' }))
  const dialog = await screen.findByRole('dialog', { name: 'Block Rob?' })
  expect(changes).toEqual([])
  fireEvent.click(within(dialog).getByRole('button', { name: 'Block' }))
  await vi.waitFor(() => expect(changes).toEqual([expect.objectContaining({ body: { disabled: true } })]))
})

test('permissions are written in words, and unmarked where a role lacks them', async () => {
  serve(ANSWERS)
  await open('/admin?tab=roles')
  const row = (await screen.findByText('See logged calls')).closest('tr') as HTMLTableRowElement
  const columns = [...(row.closest('table')?.querySelectorAll('th') ?? [])].map(head => head.textContent)
  const marks = [...row.cells].map(cell => cell.textContent)
  expect(columns).toEqual(['Permission', 'Sales rep', 'Administrator'])
  expect(marks[1]).toContain('yes')
  expect(marks[2]).toContain('no')
  expect(screen.queryByText('calls.read')).toBeNull()
})

test('a user sees only the parts they may use', async () => {
  serve({ ...ANSWERS, 'GET /api/audit': [200, { data: [], total: 0, next_cursor: null }] })
  await open('/admin', ['audit.read'])
  const tabs = within(await screen.findByRole('navigation', { name: 'Administration' })).getAllByRole('link')
  expect(tabs.map(tab => tab.textContent)).toEqual(['Audit log', 'Alarms'])
})

test('an alarm is acknowledged with a reason, and a detector that cannot tell who acts can only record', async () => {
  const alarm = {
    alarm_id: 5,
    detector: 'password_spray',
    title: 'Password spraying',
    subject: 'network:203.0.113.0/24',
    user: null,
    count: 14,
    counts: 'accounts',
    first_seen: '2026-01-01T00:00:00Z',
    last_seen: '2026-01-01T00:05:00Z',
    answered_at: null,
    state: 'open',
  }
  const detector = {
    detector: 'password_spray',
    title: 'Password spraying',
    finds: 'Failed sign-ins to many accounts from one network.',
    counts: 'accounts',
    threshold: 10,
    factor: null,
    window_minutes: 15,
    mode: 'watch',
    can_answer: false,
    answer: 'record',
    failing_since: null,
  }
  const changes = serve({
    'GET /api/alarms': [200, { data: [alarm], total: 1, page: 1, next_cursor: null }],
    'GET /api/detectors': [200, { data: [detector] }],
    'GET /api/canary-customers': [200, { data: [] }],
    'POST /api/alarms/5/acknowledge': [200, { ...alarm, state: 'acknowledged' }],
  })
  await open('/admin?tab=alarms')
  expect(await screen.findByText('Accounts: 14')).toBeTruthy()
  expect(await screen.findByText('No canary customers')).toBeTruthy()
  fireEvent.click(screen.getByRole('button', { name: 'Change Password spraying' }))
  const settings = await screen.findByRole('dialog', { name: 'Password spraying' })
  expect(within(settings).getByLabelText<HTMLSelectElement>('Answer').disabled).toBe(true)
  fireEvent.click(within(settings).getByRole('button', { name: 'Cancel' }))
  fireEvent.click(screen.getByRole('button', { name: 'Acknowledge Password spraying, Network 203.0.113.0/24' }))
  const dialog = await screen.findByRole('dialog', { name: 'Acknowledge “Password spraying”?' })
  fireEvent.change(within(dialog).getByLabelText('Reason'), { target: { value: ' Our own test. ' } })
  fireEvent.click(within(dialog).getByRole('button', { name: 'Acknowledge' }))
  await vi.waitFor(() => expect(changes).toEqual([expect.objectContaining({ body: { reason: 'Our own test.' } })]))
})
