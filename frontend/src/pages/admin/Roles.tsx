import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { queries } from '@/api/queries'
import type { Role } from '@/api/shapes'
import { byPermissionName, permissionName, roleName, scopeName } from '@/features/session/permissions'
import { DataTable } from '@/ui/DataTable'
import { count, NO_VALUE } from '@/ui/format'
import { Card } from '@/ui/Page'
import { Loading, QueryState } from '@/ui/states'
import css from './Admin.module.css'
import { RolePolicy } from './RolePolicy'

/** Every role: whose customers it sees, what signing in takes, and what it may do. */
export function Roles() {
  const query = useQuery(queries.roles())
  const [changing, setChanging] = useState<Role | null>(null)
  return (
    <QueryState query={query} loading={<Loading rows={3} height={160} />}>
      {answer => (
        <>
          <Card title="Roles" note="A user with several roles has the permissions of all of them" flush>
            <DataTable
              caption="Roles"
              rowKey={role => role.name}
              rows={answer.data}
              columns={[
                { name: 'name', label: 'Role', show: role => <strong>{roleName(role.name)}</strong> },
                { name: 'scope', label: 'Sees', show: role => scopeName(role.scope) },
                { name: 'description', label: 'Description', wrap: true },
              ]}
            />
          </Card>
          <Card
            title="Sign-in and contact details"
            note="Of several roles, the strictest sign-in and the highest limits apply"
            flush
          >
            <DataTable
              caption="Sign-in and contact details by role"
              rowKey={role => role.name}
              rows={answer.data}
              columns={[
                { name: 'name', label: 'Role', show: role => <strong>{roleName(role.name)}</strong> },
                {
                  name: 'requires_second_factor',
                  label: 'Second factor',
                  show: role => (role.requires_second_factor ? 'Required' : 'Optional'),
                },
                {
                  name: 'reveals_a_day',
                  label: 'Contacts shown a day',
                  show: role => limit(role, 'contacts.reveal', role.reveals_a_day),
                },
                {
                  name: 'contact_exports_a_day',
                  label: 'Contact exports a day',
                  show: role => limit(role, 'contacts.export', role.contact_exports_a_day),
                },
                {
                  name: 'scope',
                  label: 'Action',
                  show: role => (
                    <Button
                      variant="subtle"
                      size="compact-sm"
                      aria-label={`Change ${roleName(role.name)}`}
                      onClick={() => setChanging(role)}
                    >
                      Change
                    </Button>
                  ),
                },
              ]}
            />
          </Card>
          {changing && <RolePolicy role={changing} onClose={() => setChanging(null)} />}
          <Card title="Permissions" note="✓ = allowed, – = not allowed" flush>
            <Matrix roles={answer.data} />
          </Card>
        </>
      )}
    </QueryState>
  )
}

/** A role's limit in words; one that cannot do it at all has none. */
function limit(role: Role, permission: string, most: number | null) {
  if (!role.permissions.includes(permission)) return <span className={css.dim}>None</span>
  return most === null ? 'No limit' : count(most)
}

function Matrix({ roles }: { roles: Role[] }) {
  const permissions = byPermissionName(new Set(roles.flatMap(role => role.permissions)))
  const rows: Record<string, string>[] = permissions.map(permission => ({ permission }))
  return (
    <DataTable
      caption="Permissions by role"
      rowKey={row => row.permission ?? ''}
      rows={rows}
      columns={[
        { name: 'permission', label: 'Permission', show: row => permissionName(row.permission ?? '') },
        ...roles.map(role => ({
          name: role.name,
          label: roleName(role.name),
          show: (row: Record<string, string>) =>
            role.permissions.includes(row.permission ?? '') ? (
              <span className={css.yes}>
                ✓<span className="only-read"> yes</span>
              </span>
            ) : (
              <span className={css.dim}>
                {NO_VALUE}
                <span className="only-read"> no</span>
              </span>
            ),
        })),
      ]}
    />
  )
}
