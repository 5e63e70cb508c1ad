import { type Query, QueryClient } from '@tanstack/react-query'
import { Problem } from '@/api/client'

const TRIES = 2

/** Answers stay good until the stream says otherwise; only what may heal by itself is tried again. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 60_000,
      gcTime: 10 * 60_000,
      refetchOnWindowFocus: false,
      retry: (failures, error) =>
        failures < TRIES && error instanceof Problem && (error.status === 0 || error.status === 503),
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
})

/** What somebody may be reading row by row; of another run only when they ask for it. */
export function isList({ queryKey: [name, part] }: Query): boolean {
  return name === 'customers' || (name === 'calls' && part === 'today')
}

interface OfRun {
  meta?: { run_id: number }
  run?: { run_id: number } | null
  pages?: OfRun[]
}

/** The run an answer speaks of; of a list in parts, the first one's. */
function runOf(data: unknown): number | undefined {
  const { meta, run, pages } = (data ?? {}) as OfRun
  return pages ? runOf(pages[0]) : (meta ?? run)?.run_id
}

/** A list that was asked again after a new run takes the figures along: what stands on one page is of one run. */
queryClient.getQueryCache().subscribe(({ type, query, ...event }) => {
  if (type !== 'updated' || !('action' in event) || event.action.type !== 'success' || !isList(query)) return
  const run = runOf(query.state.data)
  const isBehind = (other: Query) => ![run, undefined].includes(runOf(other.state.data))
  if (run) void queryClient.invalidateQueries({ predicate: other => !isList(other) && isBehind(other) })
})
