import { Button, NativeSelect, TextInput } from '@mantine/core'
import '@/ui/theme/inputs'
import { IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { useConnection } from '@/api/connection'
import { type LiveCustomerEvent, useCustomerEvents } from '@/features/customer/useCustomerEvents'
import { Badge } from '@/ui/Badge'
import { DataTable } from '@/ui/DataTable'
import { dateTime, NO_VALUE, plural } from '@/ui/format'
import { Card, Page } from '@/ui/Page'
import { EmptyState, Loading, QueryState } from '@/ui/states'
import css from './Activity.module.css'
import { activityQueries, MOST, type Shown } from './activityQueries'
import { describeType, EventDialog } from './EventDialog'
import type { ActivitySearch } from './search'

/** Events as they arrive, the newest first; a pause keeps the rows still and counts what has arrived since. */
export default function Activity() {
  const search = useSearch({ from: '/shell/activity' })
  const navigate = useNavigate({ from: '/activity' })
  const query = useQuery(activityQueries.events(search))
  const { arrived, waiting, isPaused, setPaused } = useTail(search)
  const { state } = useConnection()
  const change = (part: ActivitySearch) =>
    void navigate({ search: now => ({ ...now, ...part }), replace: true, resetScroll: false })
  const rows = mergeRows(arrived, query.data?.data ?? [])
  return (
    <Page
      title="Activity"
      sentence={
        isPaused
          ? `Paused${waiting ? `, ${plural(waiting, 'event')} since` : ''}`
          : state === 'live'
            ? 'Events as they arrive, the newest first'
            : 'Not connected: events appear when the connection is back'
      }
      actions={
        <Button
          variant="default"
          aria-pressed={isPaused}
          leftSection={isPaused ? <IconPlayerPlay size={16} aria-hidden /> : <IconPlayerPause size={16} aria-hidden />}
          onClick={() => setPaused(!isPaused)}
        >
          {isPaused ? 'Go on' : 'Pause'}
        </Button>
      }
    >
      <Filters search={search} onChange={change} />
      <Card flush>
        <QueryState
          query={query}
          loading={
            <div className={css.loading}>
              <Loading rows={10} height={24} gap={16} />
            </div>
          }
          isEmpty={() => rows.length === 0}
          empty={<NoEvents search={search} />}
        >
          {() => <Table rows={rows} onOpen={event => change({ event })} />}
        </QueryState>
      </Card>
      {search.event !== undefined && <EventDialog seq={search.event} onClose={() => change({ event: undefined })} />}
    </Page>
  )
}

/** What has arrived since the list was fetched. While paused it is only counted; going on fetches the list again. */
function useTail(search: ActivitySearch) {
  const queryClient = useQueryClient()
  const [arrived, setArrived] = useState<Shown[]>([])
  const [waiting, setWaiting] = useState(0)
  const [isPaused, setPause] = useState(false)
  const fetchAgain = () => void queryClient.invalidateQueries({ queryKey: ['events'] })
  const { type, customer, source } = search
  // biome-ignore lint/correctness/useExhaustiveDependencies: with other filters, what has arrived is no longer right
  useEffect(() => setArrived([]), [type, customer, source])
  useCustomerEvents(event => {
    if (!fits(event, search)) return
    if (isPaused) setWaiting(now => now + 1 + event.skipped)
    else if (event.skipped) fetchAgain()
    else setArrived(now => [{ ...event, filtered: null }, ...now].slice(0, MOST))
  })
  const setPaused = (next: boolean) => {
    setPause(next)
    setWaiting(0)
    if (!next) fetchAgain()
  }
  return { arrived, waiting, isPaused, setPaused }
}

const fits = (event: LiveCustomerEvent, { type, customer, source }: ActivitySearch) =>
  (!type || event.type === type) &&
  (!customer || event.customer_id === customer) &&
  (!source || event.source === source)

/** Each event once, the newest first. */
export function mergeRows(arrived: Shown[], fetched: Shown[]): Shown[] {
  const bySeq = new Map([...fetched, ...arrived].map(row => [row.seq, row]))
  return [...bySeq.values()].sort((a, b) => b.seq - a.seq).slice(0, MOST)
}

function Filters({ search, onChange }: { search: ActivitySearch; onChange: (part: ActivitySearch) => void }) {
  const types = useQuery(activityQueries.types())
  return (
    <div className={css.filters}>
      <NativeSelect
        label="Type"
        value={search.type ?? ''}
        onChange={event => onChange({ type: event.currentTarget.value || undefined })}
        data={[
          { value: '', label: 'All types' },
          ...(types.data?.data ?? []).map(each => ({ value: each.type, label: describeType(each.type) })),
        ]}
      />
      <FilterText
        label="Customer"
        placeholder="C000123"
        value={search.customer}
        onChange={text => onChange({ customer: text?.toUpperCase() })}
      />
      <FilterText label="Source" placeholder="shop" value={search.source} onChange={source => onChange({ source })} />
    </div>
  )
}

/** A filter that counts when the field is left, or on Enter. */
function FilterText(props: {
  label: string
  placeholder: string
  value: string | undefined
  onChange: (text: string | undefined) => void
}) {
  const { label, placeholder, value, onChange } = props
  const [typed, setTyped] = useState(value ?? '')
  useEffect(() => setTyped(value ?? ''), [value])
  const apply = () => (typed.trim() || undefined) !== value && onChange(typed.trim() || undefined)
  return (
    <TextInput
      label={label}
      placeholder={placeholder}
      value={typed}
      maxLength={200}
      onChange={event => setTyped(event.currentTarget.value)}
      onBlur={apply}
      onKeyDown={event => event.key === 'Enter' && apply()}
    />
  )
}

function Table({ rows, onOpen }: { rows: Shown[]; onOpen: (seq: number) => void }) {
  return (
    <DataTable
      caption="Events"
      rowKey={row => row.seq}
      rows={rows}
      columns={[
        { name: 'occurred_at', label: 'When', show: row => dateTime(row.occurred_at) },
        {
          name: 'type',
          label: 'What',
          show: row => (
            <>
              <button type="button" className={css.open} onClick={() => onOpen(row.seq)}>
                {describeType(row.type)}
              </button>{' '}
              {row.filtered && <Badge tone="plain">{row.filtered}</Badge>}
            </>
          ),
        },
        {
          name: 'customer_id',
          label: 'Customer',
          show: row =>
            row.customer_id ? (
              <Link to="/customers/$id" params={{ id: row.customer_id }} className={css.customer}>
                {row.customer_id}
              </Link>
            ) : (
              NO_VALUE
            ),
        },
        { name: 'source', label: 'Source' },
      ]}
    />
  )
}

function NoEvents({ search }: { search: ActivitySearch }) {
  if (search.type || search.customer || search.source)
    return <EmptyState title="No such events">Choose other filters; new ones appear as they arrive.</EmptyState>
  return (
    <EmptyState title="No events yet">
      Your shop sends them with an API key, the pages of your site with a write key. They appear here as they arrive.
    </EmptyState>
  )
}
