import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { api, read } from '@/api/client'
import type { components } from '@/api/schema'

type Shapes = components['schemas']
export type TimelineEntry = Shapes['TimelineEntry']
export type GoldenGroup = Shapes['GoldenGroup']
export type ValueLineage = Shapes['ValueLineage']
export type Relation = Shapes['Relation']
export type Review = Shapes['CustomerReview']
export type RelationGraph = Shapes['RelationGraph']

/** Here rather than with the others: only this page asks, and the first page is not to carry it. */
export const customerQueries = {
  timeline: (id: string, kinds: string | undefined) =>
    infiniteQueryOptions({
      queryKey: ['customer', id, 'timeline', kinds],
      queryFn: ({ pageParam, signal }) =>
        read(
          api.GET('/api/customers/{customer_id}/timeline', {
            params: { path: { customer_id: id }, query: { kinds, before: pageParam, limit: 50 } },
            signal,
          }),
        ),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: last => last.next_before ?? undefined,
      placeholderData: keepPreviousData,
    }),
  golden: (id: string) =>
    queryOptions({
      queryKey: ['customer', id, 'golden'],
      queryFn: ({ signal }) =>
        read(api.GET('/api/customers/{customer_id}/golden-record', { params: { path: { customer_id: id } }, signal })),
    }),
  lineage: (id: string) =>
    queryOptions({
      queryKey: ['customer', id, 'lineage'],
      queryFn: ({ signal }) =>
        read(api.GET('/api/customers/{customer_id}/lineage', { params: { path: { customer_id: id } }, signal })),
    }),
  completeness: (id: string) =>
    queryOptions({
      queryKey: ['customer', id, 'completeness'],
      queryFn: ({ signal }) =>
        read(api.GET('/api/customers/{customer_id}/completeness', { params: { path: { customer_id: id } }, signal })),
    }),
  relations: (id: string) =>
    queryOptions({
      queryKey: ['customer', id, 'relations'],
      queryFn: ({ signal }) =>
        read(api.GET('/api/customers/{customer_id}/relations', { params: { path: { customer_id: id } }, signal })),
    }),
  reviews: (id: string) =>
    queryOptions({
      queryKey: ['customer', id, 'reviews'],
      queryFn: ({ signal }) =>
        read(api.GET('/api/customers/{customer_id}/reviews', { params: { path: { customer_id: id } }, signal })),
    }),
}
