import { Button, NativeSelect, TextInput } from '@mantine/core'
import '@/ui/theme/inputs'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { queries } from '@/api/queries'
import type { AuditEntry } from '@/api/shapes'
import { usePermissions } from '@/api/useSession'
import { DataTable } from '@/ui/DataTable'
import { DateField } from '@/ui/DateField'
import { count, dateTime, plural } from '@/ui/format'
import { Card } from '@/ui/Page'
import { EmptyState, ErrorState, Loading } from '@/ui/states'
import css from './Admin.module.css'
import { type AdminSearch, customerId } from './search'
import { Verify } from './Verify'

const route = getRouteApi('/shell/admin')

/** The audit log, newest first. Filtered by customer it answers who saw or changed their data, when and why. */
export function Audit() {
  const { actor, action, customer, from, to } = route.useSearch()
  const navigate = useNavigate({ from: '/admin' })
  const query = useInfiniteQuery(queries.audit({ actor, action, customer, from, to }))
  const events = query.data?.pages.flatMap(page => page.data) ?? []
  const total = query.data?.pages[0]?.total
  const change = (part: Partial<AdminSearch>) =>
    void navigate({ search: now => ({ ...now, ...part }), replace: true, resetScroll: false })
  return (
    <>
      <Filters
        search={{ actor, action, customer, from, to }}
        actions={events.map(event => event.action)}
        onChange={change}
      />
      <Verify />
      <Card title={total === undefined ? 'Audit log' : plural(total, 'entry', 'entries')} flush>
        {!query.data && query.error ? (
          <ErrorState error={query.error} onRetry={() => void query.refetch()} />
        ) : !query.data ? (
          <div className={css.waiting}>
            <Loading rows={10} height={20} gap={20} />
          </div>
        ) : events.length === 0 ? (
          <EmptyState
            title="No matching entries"
            action={
              <Button variant="default" onClick={() => void navigate({ search: { tab: 'audit' } })}>
                Clear the filters
              </Button>
            }
          />
        ) : (
          <Table events={events} customer={customer} />
        )}
        {query.hasNextPage && (
          <div className={css.more}>
            <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
              Show more
            </Button>
            <span className={css.dim}>
              {count(events.length)} of {count(total)}
            </span>
          </div>
        )}
      </Card>
    </>
  )
}

interface FiltersProps {
  search: Pick<AdminSearch, 'actor' | 'action' | 'customer' | 'from' | 'to'>
  actions: string[]
  onChange: (part: Partial<AdminSearch>) => void
}

function Filters({ search, actions, onChange }: FiltersProps) {
  const can = usePermissions()
  const users = useQuery({ ...queries.users(), enabled: can('users.manage') })
  const known = [...new Set([...(search.action ? [search.action] : []), ...actions])].sort()
  return (
    <search className={css.filters}>
      <NativeSelect
        label="User"
        value={String(search.actor ?? '')}
        onChange={event =>
          onChange({ actor: event.currentTarget.value ? Number(event.currentTarget.value) : undefined })
        }
        data={[
          { value: '', label: 'All users' },
          ...(users.data?.data.map(user => ({ value: String(user.user_id), label: user.name })) ?? []),
        ]}
      />
      <NativeSelect
        label="Action"
        value={search.action ?? ''}
        onChange={event => onChange({ action: event.currentTarget.value || undefined })}
        data={[{ value: '', label: 'All actions' }, ...known.map(action => ({ value: action, label: action }))]}
      />
      <CustomerFilter customer={search.customer} onChange={onChange} />
      <DateField label="From" max={search.to} value={search.from} onChange={from => onChange({ from })} />
      <DateField label="To" min={search.from} value={search.to} onChange={to => onChange({ to })} />
    </search>
  )
}

/** Takes effect when a whole customer number stands in it, or nothing. */
function CustomerFilter({ customer, onChange }: { customer?: string; onChange: FiltersProps['onChange'] }) {
  const [typed, setTyped] = useState(customer ?? '')
  const [shown, setShown] = useState(customer)
  if (shown !== customer) {
    setShown(customer)
    setTyped(customer ?? '')
  }
  const parsed = customerId(typed)
  return (
    <TextInput
      label="Customer"
      placeholder="C000123"
      value={typed}
      error={typed && !parsed ? 'A customer number such as C000123' : undefined}
      onChange={event => setTyped(event.currentTarget.value)}
      onBlur={() => (parsed || !typed) && onChange({ customer: parsed })}
      onKeyDown={event => event.key === 'Enter' && (parsed || !typed) && onChange({ customer: parsed })}
    />
  )
}

function Table({ events, customer }: { events: AuditEntry[]; customer?: string }) {
  return (
    <DataTable
      caption="Audit log"
      rowKey={event => event.event_id}
      rows={events}
      columns={[
        { name: 'at', label: 'Time', show: event => dateTime(event.at) },
        {
          name: 'actor',
          label: 'User',
          show: event =>
            event.actor ?? <span className={css.dim}>{event.via === 'web' ? 'not signed in' : event.via}</span>,
        },
        { name: 'action', label: 'Action', show: event => <strong>{event.action}</strong> },
        { name: 'subject', label: 'Target' },
        { name: 'detail', label: 'Details', wrap: true, show: event => <Detail detail={event.detail} /> },
        {
          name: 'customer_count',
          label: customer ? 'Other customers' : 'Customers',
          numeric: true,
          show: event => count(customer ? event.customer_count - 1 : event.customer_count),
        },
        { name: 'event_id', label: 'No.', numeric: true },
      ]}
    />
  )
}

function Detail({ detail }: { detail: AuditEntry['detail'] }) {
  return (
    <span className={css.detail}>
      {Object.entries(detail)
        .map(([name, value]) => `${name.replaceAll('_', ' ')}: ${shown(value)}`)
        .join(', ')}
    </span>
  )
}

/** Hashes are long; their beginning tells them apart. */
function shown(value: unknown): string {
  if (typeof value === 'string' && /^[0-9a-f]{40,}$/.test(value)) return `${value.slice(0, 12)}…`
  if (Array.isArray(value)) return value.join(', ')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
