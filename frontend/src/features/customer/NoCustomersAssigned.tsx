import { Link } from '@tanstack/react-router'
import { usePermissions, useUser } from '@/api/useSession'
import { EmptyState } from '@/ui/states'

/** No customers in the user's scope: why, and the next step for a manager, a rep and a manager without a team. */
export function NoCustomersAssigned() {
  const { scope, team_id } = useUser()
  const can = usePermissions()
  if (scope === 'team' && team_id === null)
    return (
      <EmptyState title="You are not in a team yet">
        An administrator can add you to a team under Admin, Users. Then you can assign customers to its members.
      </EmptyState>
    )
  if (scope === 'team' && can('customers.assign'))
    return (
      <EmptyState
        title="No customers are assigned to your team yet"
        action={
          <Link to="/customers" search={{ owner: 'unassigned' }}>
            View unassigned customers
          </Link>
        }
      >
        Assign some from Unassigned, or all of them by rules under Assignment.
      </EmptyState>
    )
  return (
    <EmptyState title="No customers are assigned to you yet">Ask your manager to assign customers to you.</EmptyState>
  )
}
