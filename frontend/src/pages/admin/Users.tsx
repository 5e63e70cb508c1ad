import { Button, TextInput } from '@mantine/core'
import '@/ui/theme/inputs'
import { IconSearch, IconUserPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { queries } from '@/api/queries'
import type { Account } from '@/api/shapes'
import { roleName } from '@/features/session/permissions'
import { Badge } from '@/ui/Badge'
import { DataTable } from '@/ui/DataTable'
import { dateTime, NO_VALUE, plural } from '@/ui/format'
import { Card } from '@/ui/Page'
import { EmptyState, Loading, QueryState } from '@/ui/states'
import { AddUser } from './AddUser'
import css from './Admin.module.css'
import { EditUser } from './EditUser'

const route = getRouteApi('/shell/admin')

/** All users, including those who can no longer sign in. */
export function Users() {
  const { q = '', user: opened } = route.useSearch()
  const navigate = useNavigate({ from: '/admin' })
  const query = useQuery(queries.users())
  const [isAdding, setAdding] = useState(false)
  const searched = q.toLowerCase()
  const found = query.data?.data.filter(user => `${user.name} ${user.email}`.toLowerCase().includes(searched)) ?? []
  const chosen = query.data?.data.find(user => user.user_id === opened)
  return (
    <>
      <div className={css.bar}>
        <TextInput
          className={css.find}
          type="search"
          aria-label="Find a user"
          placeholder="Name or e-mail"
          data-find
          leftSection={<IconSearch size={16} aria-hidden />}
          value={q}
          onChange={event => {
            const text = event.currentTarget.value
            void navigate({ search: now => ({ ...now, q: text || undefined }), replace: true, resetScroll: false })
          }}
        />
        <Button leftSection={<IconUserPlus size={16} aria-hidden />} onClick={() => setAdding(true)}>
          Add user
        </Button>
      </div>
      <Card title={query.data ? plural(found.length, 'user') : 'Users'} flush>
        <QueryState
          query={query}
          loading={
            <div className={css.waiting}>
              <Loading rows={6} height={20} gap={20} />
            </div>
          }
          isEmpty={() => found.length === 0}
          empty={<EmptyState title="No users match" />}
        >
          {() => <Table users={found} />}
        </QueryState>
      </Card>
      {isAdding && <AddUser onClose={() => setAdding(false)} />}
      {chosen && <EditUser key={chosen.user_id} user={chosen} />}
    </>
  )
}

function Table({ users }: { users: Account[] }) {
  return (
    <DataTable
      caption="Users"
      rowKey={user => user.user_id}
      rows={users}
      columns={[
        {
          name: 'name',
          label: 'Name',
          show: user => (
            <Link
              from="/admin"
              to="/admin"
              search={now => ({ ...now, user: user.user_id })}
              resetScroll={false}
              className={css.open}
              data-off={user.disabled || undefined}
            >
              {user.name}
            </Link>
          ),
        },
        { name: 'email', label: 'E-mail' },
        { name: 'roles', label: 'Roles', show: user => user.roles.map(roleName).join(', ') || NO_VALUE },
        { name: 'team', label: 'Team', show: user => user.team?.name ?? NO_VALUE },
        {
          name: 'second_factor',
          label: 'Second factor',
          show: user =>
            user.second_factor ? (
              <Badge tone="good">✓ On</Badge>
            ) : user.requires_second_factor ? (
              <Badge tone="warn">Required, off</Badge>
            ) : (
              <Badge>Off</Badge>
            ),
        },
        {
          name: 'last_seen_at',
          label: 'Last active',
          show: user =>
            user.disabled ? (
              <Badge tone="warn">Blocked</Badge>
            ) : user.last_seen_at ? (
              dateTime(user.last_seen_at)
            ) : (
              <span className={css.dim}>Never</span>
            ),
        },
      ]}
    />
  )
}
