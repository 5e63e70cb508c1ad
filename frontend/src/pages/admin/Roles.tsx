import { useQuery } from '@tanstack/react-query'
import { ask } from '@/api/questions'
import type { Role } from '@/api/shapes'
import { DataTable } from '@/components/DataTable'
import { Faced, Waiting } from '@/components/faces'
import { MISSING } from '@/components/format'
import { Card } from '@/components/Page'
import css from './Admin.module.css'

const REACH: Record<string, string> = { own: 'own customers', team: 'the team’s customers', all: 'all customers' }

/** Every role, what it reaches and what it permits. */
export function Roles() {
  const query = useQuery(ask.roles())
  return (
    <Faced query={query} waiting={<Waiting rows={3} height={160} />}>
      {answer => (
        <>
          <Card title="Roles" note="Somebody may hold several; then they add up" flush>
            <DataTable
              caption="Roles"
              rowKey={role => role.name}
              rows={answer.data}
              columns={[
                { name: 'name', label: 'Role', show: role => <strong>{role.name}</strong> },
                { name: 'scope', label: 'Reaches', show: role => REACH[role.scope] ?? role.scope },
                { name: 'description', label: 'Is for', wrap: true },
              ]}
            />
          </Card>
          <Card title="What they may do" note="Whatever is not marked is refused" flush>
            <Matrix roles={answer.data} />
          </Card>
        </>
      )}
    </Faced>
  )
}

function Matrix({ roles }: { roles: Role[] }) {
  const permissions = [...new Set(roles.flatMap(role => role.permissions))].sort()
  const rows: Record<string, string>[] = permissions.map(permission => ({ permission }))
  return (
    <DataTable
      caption="Permissions by role"
      rowKey={row => row.permission ?? ''}
      rows={rows}
      columns={[
        { name: 'permission', label: 'Permission', show: row => row.permission },
        ...roles.map(role => ({
          name: role.name,
          label: role.name,
          show: (row: Record<string, string>) =>
            role.permissions.includes(row.permission ?? '') ? (
              <span className={css.yes}>
                ✓<span className="only-read"> yes</span>
              </span>
            ) : (
              <span className={css.dim}>
                {MISSING}
                <span className="only-read"> no</span>
              </span>
            ),
        })),
      ]}
    />
  )
}
