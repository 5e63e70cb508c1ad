import { Button, NativeSelect } from '@mantine/core'
import '@/ui/theme/inputs'
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import type { Customer } from '@/api/shapes'
import { useCustomerEvents } from '@/features/customer/useCustomerEvents'
import { Badge } from '@/ui/Badge'
import { day, humanize } from '@/ui/format'
import { Card } from '@/ui/Page'
import { EmptyState, ErrorState, Loading } from '@/ui/states'
import css from './Customer.module.css'
import { customerQueries, type TimelineEntry } from './customerQueries'

const route = getRouteApi('/shell/customers/$id')

/** Everything recorded about the customer, the newest first, by day; one kind or all. */
export function Timeline({ data }: { data: Customer }) {
  const { kind } = route.useSearch()
  const navigate = useNavigate({ from: '/customers/$id' })
  const query = useInfiniteQuery(customerQueries.timeline(data.customer_id, kind))
  useLiveEntries(data.customer_id)
  const pages = query.data?.pages ?? []
  const entries = pages.flatMap(page => page.data)
  return (
    <Card
      title="Timeline"
      note="Everything recorded about this customer, newest first"
      actions={
        <NativeSelect
          aria-label="Kind"
          value={kind ?? ''}
          onChange={event => {
            const next = event.currentTarget.value || undefined
            void navigate({ search: now => ({ ...now, kind: next }), replace: true, resetScroll: false })
          }}
          data={[
            { value: '', label: 'Everything' },
            ...(pages[0]?.kinds ?? []).map(each => ({ value: each, label: humanize(each) })),
          ]}
        />
      }
    >
      {!query.data && query.error ? (
        <ErrorState error={query.error} onRetry={() => void query.refetch()} />
      ) : !query.data ? (
        <Loading rows={8} height={28} />
      ) : entries.length === 0 ? (
        <EmptyState title={kind ? `No entries of the kind ${kind}` : 'Nothing recorded yet'} />
      ) : (
        byDay(entries).map(([on, ofDay]) => (
          <section key={on} className={css.dayOf}>
            <h3>{day(on)}</h3>
            <ul>
              {ofDay.map(entry => (
                <Entry key={`${entry.kind} ${entry.id}`} entry={entry} />
              ))}
            </ul>
          </section>
        ))
      )}
      {query.hasNextPage && (
        <Button variant="default" mt="md" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          Show older
        </Button>
      )}
    </Card>
  )
}

const FETCH_AGAIN_MS = 1_000

/** Fetches the timeline again when an event of the customer arrives, once a second at most. */
function useLiveEntries(customer: string) {
  const queryClient = useQueryClient()
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  useCustomerEvents(event => {
    if (event.customer_id !== customer || timer.current) return
    timer.current = setTimeout(() => {
      timer.current = undefined
      void queryClient.invalidateQueries({ queryKey: ['customer', customer, 'timeline'] })
    }, FETCH_AGAIN_MS)
  })
}

function Entry({ entry }: { entry: TimelineEntry }) {
  return (
    <li data-undone={entry.undone_at !== null || undefined}>
      <span>
        <Badge tone={TONES[entry.kind] ?? 'plain'}>{humanize(entry.kind)}</Badge>
      </span>
      <div>
        <span>{entry.sentence}</span> {entry.note && <p>{entry.note}</p>}
        <span className={css.dim}>
          {[entry.user?.name, entry.undone_at && `undone on ${day(entry.undone_at)}`].filter(Boolean).join(', ')}
        </span>
      </div>
    </li>
  )
}

const TONES: Partial<Record<TimelineEntry['kind'], 'good' | 'bad' | 'warn' | 'brand'>> = {
  order: 'good',
  return: 'bad',
  'cancelled order': 'bad',
  call: 'brand',
  'follow-up': 'brand',
  merge: 'warn',
  split: 'warn',
}

function byDay(entries: TimelineEntry[]): [string, TimelineEntry[]][] {
  const days = new Map<string, TimelineEntry[]>()
  for (const entry of entries) {
    const on = entry.at.slice(0, 10)
    days.set(on, [...(days.get(on) ?? []), entry])
  }
  return [...days]
}
