import { type Query, QueryClient } from '@tanstack/react-query'
import { Problem } from '@/api/client'

const MAX_RETRIES = 2

/** Data stays fresh until the event stream says otherwise; only errors that may pass are retried. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 60_000,
      gcTime: 10 * 60_000,
      refetchOnWindowFocus: false,
      retry: (failures, error) =>
        failures < MAX_RETRIES && error instanceof Problem && (error.status === 0 || error.status === 503),
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
})

/** Lists a user may be reading; rows of a new run are shown only when the user asks for them. */
export function isList({ queryKey: [name, part] }: Query): boolean {
  return name === 'customers' || (name === 'calls' && part === 'today')
}

interface OfRun {
  meta?: { run_id: number }
  run?: { run_id: number } | null
  pages?: OfRun[]
}

/** The run of a response; of a paged list, that of its first page. */
function runOf(data: unknown): number | undefined {
  const { meta, run, pages } = (data ?? {}) as OfRun
  return pages ? runOf(pages[0]) : (meta ?? run)?.run_id
}

/** When a list is fetched again after a new run, the metrics follow: everything on one page is of one run. */
queryClient.getQueryCache().subscribe(({ type, query, ...event }) => {
  if (type !== 'updated' || !('action' in event) || event.action.type !== 'success' || !isList(query)) return
  const run = runOf(query.state.data)
  const isBehind = (other: Query) => ![run, undefined].includes(runOf(other.state.data))
  if (run) void queryClient.invalidateQueries({ predicate: other => !isList(other) && isBehind(other) })
})
