import { Button, TextInput } from '@mantine/core'
import '@/components/theme/inputs'
import { IconSearch, IconUserPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { ask } from '@/api/questions'
import type { Account } from '@/api/shapes'
import { DataTable } from '@/components/DataTable'
import { Empty, Faced, Waiting } from '@/components/faces'
import { MISSING, many, moment } from '@/components/format'
import { Chip } from '@/components/marks'
import { Card } from '@/components/Page'
import { roleName } from '@/components/permissions'
import { AddUser } from './AddUser'
import css from './Admin.module.css'
import { EditUser } from './EditUser'

const route = getRouteApi('/shell/admin')

/** All users, including those who can no longer sign in. */
export function Users() {
  const { q = '', user: opened } = route.useSearch()
  const navigate = useNavigate({ from: '/admin' })
  const query = useQuery(ask.users())
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
      <Card title={query.data ? many(found.length, 'user') : 'Users'} flush>
        <Faced
          query={query}
          waiting={
            <div className={css.waiting}>
              <Waiting rows={6} height={20} gap={20} />
            </div>
          }
          isEmpty={() => found.length === 0}
          empty={<Empty title="No users match" />}
        >
          {() => <Table users={found} />}
        </Faced>
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
        { name: 'roles', label: 'Roles', show: user => user.roles.map(roleName).join(', ') || MISSING },
        { name: 'team', label: 'Team', show: user => user.team?.name ?? MISSING },
        {
          name: 'second_factor',
          label: 'Second factor',
          show: user => (user.second_factor ? <Chip tone="good">✓ On</Chip> : <Chip>Off</Chip>),
        },
        {
          name: 'last_seen_at',
          label: 'Last active',
          show: user =>
            user.disabled ? (
              <Chip tone="warn">Blocked</Chip>
            ) : user.last_seen_at ? (
              moment(user.last_seen_at)
            ) : (
              <span className={css.dim}>Never</span>
            ),
        },
      ]}
    />
  )
}
