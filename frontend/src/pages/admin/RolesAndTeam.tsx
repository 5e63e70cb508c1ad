import { Checkbox, NativeSelect } from '@mantine/core'
import '@/ui/theme/inputs'
import { useQuery } from '@tanstack/react-query'
import { queries } from '@/api/queries'
import { roleName } from '@/features/session/permissions'
import { Loading } from '@/ui/states'
import css from './Admin.module.css'

interface Props {
  roles: string[]
  teamId: number | null
  onRoles: (roles: string[]) => void
  onTeam: (teamId: number | null) => void
  /** Users cannot change their own roles. */
  isSelf?: boolean
}

/** The roles and the team of a user. */
export function RolesAndTeam({ roles, teamId, onRoles, onTeam, isSelf }: Props) {
  const allRoles = useQuery(queries.roles())
  const teams = useQuery(queries.teams())
  return (
    <>
      <fieldset className={css.roles} disabled={isSelf}>
        <legend>Roles</legend>
        {!allRoles.data && <Loading rows={6} height={20} />}
        {allRoles.data?.data.map(role => (
          <Checkbox
            key={role.name}
            label={roleName(role.name)}
            description={role.description}
            checked={roles.includes(role.name)}
            onChange={event =>
              onRoles(event.currentTarget.checked ? [...roles, role.name] : roles.filter(name => name !== role.name))
            }
          />
        ))}
      </fieldset>
      <NativeSelect
        label="Team"
        value={String(teamId ?? '')}
        onChange={event => onTeam(event.currentTarget.value ? Number(event.currentTarget.value) : null)}
        data={[
          { value: '', label: 'No team' },
          ...(teams.data?.data.map(team => ({ value: String(team.team_id), label: team.name })) ?? []),
        ]}
      />
    </>
  )
}
