import { queryOptions } from '@tanstack/react-query'
import { api, read } from '@/api/client'

/** Here rather than with the others: only this page asks, and the first page is not to carry it. */
export const sourceQueries = {
  sources: () =>
    queryOptions({
      queryKey: ['sources'],
      queryFn: ({ signal }) => read(api.GET('/api/sources', { signal })),
      refetchInterval: 15_000,
    }),
  mapping: (source: string) =>
    queryOptions({
      queryKey: ['sources', source, 'mapping'],
      queryFn: ({ signal }) => read(api.GET('/api/sources/{source}/mapping', { params: { path: { source } }, signal })),
    }),
  syncs: (source: string) =>
    queryOptions({
      queryKey: ['sources', source, 'syncs'],
      queryFn: ({ signal }) => read(api.GET('/api/sources/{source}/syncs', { params: { path: { source } }, signal })),
    }),
  heldChanges: (source: string) =>
    queryOptions({
      queryKey: ['sources', source, 'held'],
      queryFn: ({ signal }) =>
        read(api.GET('/api/sources/{source}/held-changes', { params: { path: { source } }, signal })),
    }),
}
