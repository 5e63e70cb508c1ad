import { queryOptions } from '@tanstack/react-query'
import { api, read } from '@/api/client'
import type { ProposalSearch } from './search'

export const PAGE_SIZE = 50

/** Here rather than with the others: the first page is not to carry them. */
export const enrichmentQueries = {
  ofCustomer: (customer_id: string) =>
    queryOptions({
      queryKey: ['enrichment', 'customer', customer_id],
      queryFn: ({ signal }) =>
        read(api.GET('/api/customers/{customer_id}/enrichment', { params: { path: { customer_id } }, signal })),
    }),
  proposals: ({ state = 'open', field, source, after = 0 }: ProposalSearch) =>
    queryOptions({
      queryKey: ['enrichment', 'proposals', state, field, source, after],
      queryFn: ({ signal }) =>
        read(
          api.GET('/api/enrichment/proposals', {
            params: { query: { state, field, source, after, limit: PAGE_SIZE } },
            signal,
          }),
        ),
    }),
  rules: () =>
    queryOptions({
      queryKey: ['enrichment', 'rules'],
      queryFn: ({ signal }) => read(api.GET('/api/enrichment/rules', { signal })),
    }),
  tasks: () =>
    queryOptions({
      queryKey: ['enrichment', 'tasks'],
      queryFn: ({ signal }) => read(api.GET('/api/enrichment/tasks', { signal })),
    }),
}
