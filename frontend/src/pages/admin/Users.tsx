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
import { many, moment } from '@/components/format'
import { Chip } from '@/components/marks'
import { Card } from '@/components/Page'
import { AddUser } from './AddUser'
import css from './Admin.module.css'
import { OneUser } from './OneUser'

const route = getRouteApi('/shell/admin')

/** Everybody who may sign in, or once did. */
export function Users() {
  const { q = '', user: opened } = route.useSearch()
  const navigate = useNavigate({ from: '/admin' })
  const query = useQuery(ask.users())
  const [isAdding, setAdding] = useState(false)
  const wanted = q.toLowerCase()
  const found = query.data?.data.filter(each => `${each.name} ${each.email}`.toLowerCase().includes(wanted)) ?? []
  const chosen = query.data?.data.find(each => each.user_id === opened)
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
          Add a user
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
          empty={<Empty title="Nobody by that name" />}
        >
          {() => <Table users={found} />}
        </Faced>
      </Card>
      {isAdding && <AddUser onClose={() => setAdding(false)} />}
      {chosen && <OneUser key={chosen.user_id} user={chosen} />}
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
        { name: 'roles', label: 'Roles', show: user => user.roles.join(', ') || 'none' },
        { name: 'team', label: 'Team', show: user => user.team?.name ?? 'none' },
        {
          name: 'second_factor',
          label: 'Second factor',
          show: user => (user.second_factor ? <Chip tone="good">✓ yes</Chip> : <Chip>no</Chip>),
        },
        {
          name: 'last_seen_at',
          label: 'Last seen',
          show: user =>
            user.disabled ? (
              <Chip tone="warn">locked out</Chip>
            ) : user.last_seen_at ? (
              moment(user.last_seen_at)
            ) : (
              <span className={css.dim}>not yet</span>
            ),
        },
      ]}
    />
  )
}
