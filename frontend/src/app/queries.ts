import { QueryClient } from '@tanstack/react-query'
import { Problem } from '@/api/client'

const TRIES = 2

/** Answers stay good until the stream says otherwise; only what may heal by itself is tried again. */
export const queries = new QueryClient({
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
