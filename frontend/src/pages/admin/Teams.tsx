import { Button, TextInput } from '@mantine/core'
import '@/ui/theme/inputs'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, read } from '@/api/client'
import { queries } from '@/api/queries'
import { DataTable } from '@/ui/DataTable'
import { count } from '@/ui/format'
import { Card } from '@/ui/Page'
import { EmptyState, Loading, QueryState } from '@/ui/states'
import { showToast } from '@/ui/toasts'
import css from './Admin.module.css'

/** All teams; a manager sees the customers of their own team. */
export function Teams() {
  const query = useQuery(queries.teams())
  const queryClient = useQueryClient()
  const [name, setName] = useState('')
  const add = useMutation({
    mutationFn: () => read(api.POST('/api/teams', { body: { name: name.trim() } })),
    onSuccess: team => {
      setName('')
      showToast(`Team ${team.name} added`, { tone: 'good' })
      return queryClient.invalidateQueries({ queryKey: ['teams'] })
    },
  })
  return (
    <>
      <form
        className={css.bar}
        onSubmit={event => {
          event.preventDefault()
          add.mutate()
        }}
      >
        <TextInput
          className={css.find}
          aria-label="Name of a new team"
          placeholder="Name of a new team"
          maxLength={200}
          value={name}
          onChange={event => setName(event.currentTarget.value)}
          error={add.error?.message}
        />
        <Button type="submit" loading={add.isPending} disabled={!name.trim()}>
          Add team
        </Button>
      </form>
      <Card title="Teams" note="Sales managers see the customers of their team" flush>
        <QueryState
          query={query}
          loading={
            <div className={css.waiting}>
              <Loading rows={3} height={20} gap={20} />
            </div>
          }
          isEmpty={answer => answer.data.length === 0}
          empty={
            <EmptyState title="No teams yet">Add the first team above, then assign users to it under Users.</EmptyState>
          }
        >
          {answer => (
            <DataTable
              caption="Teams"
              rowKey={team => team.team_id}
              rows={answer.data}
              columns={[
                { name: 'name', label: 'Team', show: team => <strong>{team.name}</strong> },
                { name: 'users', label: 'Users', numeric: true, show: team => count(team.users) },
              ]}
            />
          )}
        </QueryState>
      </Card>
    </>
  )
}
