import { useQuery } from '@tanstack/react-query'
import { queries } from '@/api/queries'
import type { Role } from '@/api/shapes'
import { byPermissionName, permissionName, roleName, scopeName } from '@/features/session/permissions'
import { DataTable } from '@/ui/DataTable'
import { NO_VALUE } from '@/ui/format'
import { Card } from '@/ui/Page'
import { Loading, QueryState } from '@/ui/states'
import css from './Admin.module.css'

/** Every role: whose customers it sees, and what it may do. */
export function Roles() {
  const query = useQuery(queries.roles())
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
          <Card title="Permissions" note="✓ = allowed, – = not allowed" flush>
            <Matrix roles={answer.data} />
          </Card>
        </>
      )}
    </QueryState>
  )
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
