import { Button, TextInput } from '@mantine/core'
import '@/ui/theme/inputs'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, read } from '@/api/client'
import type { CanaryCustomer } from '@/api/shapes'
import { usePermissions } from '@/api/useSession'
import { type Column, DataTable } from '@/ui/DataTable'
import { dateTime } from '@/ui/format'
import { Card } from '@/ui/Page'
import { EmptyState, Loading, QueryState } from '@/ui/states'
import { showError } from '@/ui/toasts'
import css from './Admin.module.css'
import { alarmQueries } from './alarmQueries'
import { customerId } from './search'

/** Customers that no one has a reason to open. */
export function CanaryCustomers() {
  const can = usePermissions()
  const query = useQuery(alarmQueries.canaries())
  const queryClient = useQueryClient()
  const mark = useMutation({
    mutationFn: ({ customer_id, isCanary }: { customer_id: string; isCanary: boolean }) => {
      const params = { path: { customer_id } }
      const path = '/api/canary-customers/{customer_id}'
      return read(isCanary ? api.PUT(path, { params }) : api.DELETE(path, { params }))
    },
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['canary-customers'] }),
    onError: showError,
  })
  const columns: Column<CanaryCustomer>[] = [
    { name: 'customer_id', label: 'Customer', show: each => <strong>{each.customer_id}</strong> },
    { name: 'marked_at', label: 'Since', show: each => dateTime(each.marked_at) },
    { name: 'marked_by', label: 'Marked by' },
  ]
  const action: Column<CanaryCustomer> = {
    name: 'customer_id',
    label: 'Action',
    show: ({ customer_id }) => (
      <Button
        variant="subtle"
        size="compact-sm"
        aria-label={`Remove the mark of ${customer_id}`}
        onClick={() => mark.mutate({ customer_id, isCanary: false })}
      >
        Remove
      </Button>
    ),
  }
  return (
    <Card
      title="Canary customers"
      note="Customers that no one has a reason to open, such as invented ones. Opening one raises an alarm"
      flush
    >
      {can('users.manage') && (
        <MarkCustomer isBusy={mark.isPending} onMark={customer_id => mark.mutate({ customer_id, isCanary: true })} />
      )}
      <QueryState
        query={query}
        loading={
          <div className={css.waiting}>
            <Loading rows={1} height={20} />
          </div>
        }
        isEmpty={answer => answer.data.length === 0}
        empty={<EmptyState title="No canary customers" />}
      >
        {answer => (
          <DataTable
            caption="Canary customers"
            rowKey={each => each.customer_id}
            rows={answer.data}
            columns={can('users.manage') ? [...columns, action] : columns}
          />
        )}
      </QueryState>
    </Card>
  )
}

function MarkCustomer({ isBusy, onMark }: { isBusy: boolean; onMark: (customer_id: string) => void }) {
  const [typed, setTyped] = useState('')
  const parsed = customerId(typed)
  return (
    <form
      className={css.mark}
      onSubmit={event => {
        event.preventDefault()
        if (parsed) onMark(parsed)
        if (parsed) setTyped('')
      }}
    >
      <TextInput
        label="Customer number"
        placeholder="C000123"
        value={typed}
        onChange={event => setTyped(event.currentTarget.value)}
      />
      <Button type="submit" variant="default" disabled={!parsed} loading={isBusy}>
        Mark as canary
      </Button>
    </form>
  )
}
