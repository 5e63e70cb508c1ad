import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { api, read } from '@/api/client'
import type { Alarm } from '@/api/shapes'

/** Here rather than with the others: only this page asks, and the first page is not to carry it. */
export const alarmQueries = {
  alarms: (state: Alarm['state']) =>
    infiniteQueryOptions({
      queryKey: ['alarms', state],
      queryFn: ({ pageParam, signal }) =>
        read(api.GET('/api/alarms', { params: { query: { state, limit: 50, cursor: pageParam } }, signal })),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: last => last.next_cursor ?? undefined,
      placeholderData: keepPreviousData,
      refetchInterval: 15_000,
    }),
  detectors: () =>
    queryOptions({ queryKey: ['detectors'], queryFn: ({ signal }) => read(api.GET('/api/detectors', { signal })) }),
  canaries: () =>
    queryOptions({
      queryKey: ['canary-customers'],
      queryFn: ({ signal }) => read(api.GET('/api/canary-customers', { signal })),
    }),
}
