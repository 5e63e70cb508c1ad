import { queryOptions } from '@tanstack/react-query'
import { api, read } from '@/api/client'
import type { components } from '@/api/schema'
import type { ActivitySearch } from './search'

export type StoredEvent = components['schemas']['StoredEvent']
/** What a row shows; events that arrive live have no more. */
export type Shown = Pick<StoredEvent, 'seq' | 'type' | 'source' | 'occurred_at' | 'customer_id' | 'filtered'>

export const MOST = 200

export const activityQueries = {
  events: ({ type, customer, source }: ActivitySearch) =>
    queryOptions({
      queryKey: ['events', type, customer, source],
      queryFn: ({ signal }) =>
        read(
          api.GET('/api/events', {
            params: { query: { types: type, customer_id: customer, source, limit: MOST } },
            signal,
          }),
        ),
    }),
  types: () =>
    queryOptions({
      queryKey: ['event types'],
      queryFn: ({ signal }) => read(api.GET('/api/events/types', { signal })),
      staleTime: Number.POSITIVE_INFINITY,
    }),
  event: (seq: number) =>
    queryOptions({
      queryKey: ['event', seq],
      queryFn: ({ signal }) => read(api.GET('/api/events/{seq}', { params: { path: { seq } }, signal })),
    }),
}
