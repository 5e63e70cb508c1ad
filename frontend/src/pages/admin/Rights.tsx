import { Checkbox, NativeSelect } from '@mantine/core'
import '@/components/theme/inputs'
import { useQuery } from '@tanstack/react-query'
import { ask } from '@/api/questions'
import { Waiting } from '@/components/faces'
import css from './Admin.module.css'

interface Props {
  roles: string[]
  teamId: number | null
  onRoles: (roles: string[]) => void
  onTeam: (teamId: number | null) => void
  /** Nobody changes the own roles. */
  isSelf?: boolean
}

/** Which roles somebody holds, and whose colleague they are. */
export function Rights({ roles, teamId, onRoles, onTeam, isSelf }: Props) {
  const known = useQuery(ask.roles())
  const teams = useQuery(ask.teams())
  return (
    <>
      <fieldset className={css.roles} disabled={isSelf}>
        <legend>Roles</legend>
        {!known.data && <Waiting rows={6} height={20} />}
        {known.data?.data.map(role => (
          <Checkbox
            key={role.name}
            label={role.name}
            description={role.description}
            checked={roles.includes(role.name)}
            onChange={event =>
              onRoles(event.currentTarget.checked ? [...roles, role.name] : roles.filter(each => each !== role.name))
            }
          />
        ))}
      </fieldset>
      <NativeSelect
        label="Team"
        value={String(teamId ?? '')}
        onChange={event => onTeam(event.currentTarget.value ? Number(event.currentTarget.value) : null)}
        data={[
          { value: '', label: 'none' },
          ...(teams.data?.data.map(team => ({ value: String(team.team_id), label: team.name })) ?? []),
        ]}
      />
    </>
  )
}
