import { Button, TextInput } from '@mantine/core'
import '@/components/theme/inputs'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, read } from '@/api/client'
import { ask } from '@/api/questions'
import { DataTable } from '@/components/DataTable'
import { Empty, Faced, Waiting } from '@/components/faces'
import { count } from '@/components/format'
import { Card } from '@/components/Page'
import { say } from '@/components/toasts'
import css from './Admin.module.css'

/** All teams; a manager sees the customers of their own team. */
export function Teams() {
  const query = useQuery(ask.teams())
  const queries = useQueryClient()
  const [name, setName] = useState('')
  const add = useMutation({
    mutationFn: () => read(api.POST('/api/teams', { body: { name: name.trim() } })),
    onSuccess: team => {
      setName('')
      say(`Team ${team.name} added`, { tone: 'good' })
      return queries.invalidateQueries({ queryKey: ['teams'] })
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
        <Faced
          query={query}
          waiting={
            <div className={css.waiting}>
              <Waiting rows={3} height={20} gap={20} />
            </div>
          }
          isEmpty={answer => answer.data.length === 0}
          empty={<Empty title="No teams yet">Add the first team above, then assign users to it under Users.</Empty>}
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
        </Faced>
      </Card>
    </>
  )
}
