import { expect, test } from 'vitest'
import { humanize } from '@/ui/format'
import { byPermissionName, permissionName, roleName } from './permissions'

/** The SQL that creates the permissions, wherever it lies. */
const SCHEMAS = Object.values(
  import.meta.glob<string>('../../../../src/foresell/**/*.sql', { query: '?raw', import: 'default', eager: true }),
)

/** The codes in "insert into permissions (...) values ('code', 'description'), ...;". */
function permissionCodes(): string[] {
  const statements = SCHEMAS.flatMap(sql => sql.match(/insert into (access\.)?permissions\b[\s\S]*?;\n/g) ?? [])
  return statements.flatMap(sql => [...sql.matchAll(/^\s*\('([\w.]+)',/gm)].map(([, code = '']) => code))
}

test('every permission has a name in words', () => {
  const codes = permissionCodes()
  expect(codes.length).toBeGreaterThan(20)
  expect(codes.filter(code => permissionName(code) === humanize(code.replaceAll('.', ' ')))).toEqual([])
})

test('roles are written as words', () => {
  expect(['rep', 'admin', 'regional_lead'].map(roleName)).toEqual(['Sales rep', 'Administrator', 'Regional lead'])
})

test('an unknown code is written as words', () => {
  expect(permissionName('price_lists.read')).toBe('Price lists read')
})

test('permissions are sorted by what is read, not by code', () => {
  expect(byPermissionName(['views.write', 'customers.assign', 'audit.read'])).toEqual([
    'customers.assign',
    'views.write',
    'audit.read',
  ])
})
