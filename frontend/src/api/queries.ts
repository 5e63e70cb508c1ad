/** Every question the pages ask, once: its key in the cache and how it is fetched. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { api, read, readAddress } from './client'
import type { Distributed, HowMade, ImportKnown, SalesBy, SelectionBody } from './shapes'

export type Search = Record<string, string | number | boolean | undefined>

/** Only what is set, so that equal questions have equal keys. */
function compactSearch(search: Search): Search {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined && value !== ''))
}

/** The days and goods of KPIs, and what they are compared with. */
export type KpiSearch = {
  from?: string | undefined
  to?: string | undefined
  period?: string | undefined
  category?: string | undefined
  compare?: string | undefined
}

const ROWS_A_PAGE = 200
export const BATCHES_A_PAGE = 20
export const CALLS_A_PAGE = 50

export const queries = {
  freshness: () =>
    queryOptions({ queryKey: ['freshness'], queryFn: ({ signal }) => read(api.GET('/api/freshness', { signal })) }),
  kpis: (search: KpiSearch = {}) =>
    queryOptions({
      queryKey: ['kpis', compactSearch(search)],
      queryFn: ({ signal }) => read(api.GET('/api/kpis', { params: { query: compactSearch(search) }, signal })),
    }),
  callsToday: (limit = 500) =>
    queryOptions({
      queryKey: ['calls', 'today', limit],
      queryFn: ({ signal }) => read(api.GET('/api/calls/today', { params: { query: { limit } }, signal })),
    }),
  callListSettings: () =>
    queryOptions({
      queryKey: ['call-list', 'settings'],
      queryFn: ({ signal }) => read(api.GET('/api/call-list/settings', { signal })),
    }),
  calls: (customer_id: string) =>
    queryOptions({
      queryKey: ['calls', 'of', customer_id],
      queryFn: ({ signal }) => read(api.GET('/api/calls', { params: { query: { customer_id } }, signal })),
    }),
  callLog: (search: Search) =>
    queryOptions({
      queryKey: ['calls', 'log', compactSearch(search)],
      queryFn: ({ signal }) =>
        read(api.GET('/api/calls', { params: { query: { ...compactSearch(search), limit: CALLS_A_PAGE } }, signal })),
      placeholderData: keepPreviousData,
    }),
  followUps: (customer_id: string) =>
    queryOptions({
      queryKey: ['follow-ups', customer_id],
      queryFn: ({ signal }) => read(api.GET('/api/follow-ups', { params: { query: { customer_id } }, signal })),
    }),
  customers: (search: Search) =>
    infiniteQueryOptions({
      queryKey: ['customers', compactSearch(search)],
      queryFn: ({ pageParam, signal }) =>
        read(
          api.GET('/api/customers', {
            params: { query: { ...compactSearch(search), limit: ROWS_A_PAGE, cursor: pageParam } },
            signal,
          }),
        ),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: last => last.next_cursor ?? undefined,
      placeholderData: keepPreviousData,
    }),
  selection: (selection: SelectionBody, within: SelectionBody['matching']) =>
    queryOptions({
      queryKey: ['customers', 'selection', selection, within],
      queryFn: ({ signal }) =>
        read(
          api.POST('/api/selections', {
            body: { except_ids: [], ...selection, expected: null, ids: false, within },
            signal,
          }),
        ),
      placeholderData: keepPreviousData,
    }),
  customer: (id: string) =>
    queryOptions({
      queryKey: ['customer', id],
      queryFn: ({ signal }) =>
        read(api.GET('/api/customers/{customer_id}', { params: { path: { customer_id: id } }, signal })),
    }),
  calculation: (id: string) =>
    queryOptions({
      queryKey: ['customer', id, 'calculation'],
      queryFn: ({ signal }) =>
        read(api.GET('/api/customers/{customer_id}/calculation', { params: { path: { customer_id: id } }, signal })),
    }),
  orders: (id: string, page = 1) =>
    queryOptions({
      queryKey: ['customer', id, 'orders', page],
      queryFn: ({ signal }) =>
        read(
          api.GET('/api/customers/{customer_id}/orders', {
            params: { path: { customer_id: id }, query: { page, limit: 20 } },
            signal,
          }),
        ),
      placeholderData: keepPreviousData,
    }),
  history: (id: string) =>
    queryOptions({
      queryKey: ['customer', id, 'history'],
      queryFn: ({ signal }) =>
        read(api.GET('/api/customers/{customer_id}/history', { params: { path: { customer_id: id } }, signal })),
    }),
  products: (id: string) =>
    queryOptions({
      queryKey: ['customer', id, 'products'],
      queryFn: ({ signal }) =>
        read(api.GET('/api/customers/{customer_id}/products', { params: { path: { customer_id: id } }, signal })),
    }),
  assignees: () =>
    queryOptions({ queryKey: ['assignees'], queryFn: ({ signal }) => read(api.GET('/api/assignees', { signal })) }),
  assignmentRules: () =>
    queryOptions({
      queryKey: ['assignment-rules'],
      queryFn: ({ signal }) => read(api.GET('/api/assignment-rules', { signal })),
    }),
  views: () => queryOptions({ queryKey: ['views'], queryFn: ({ signal }) => read(api.GET('/api/views', { signal })) }),

  segments: () =>
    queryOptions({ queryKey: ['segments'], queryFn: ({ signal }) => read(api.GET('/api/segments', { signal })) }),
  grid: () =>
    queryOptions({
      queryKey: ['segments', 'grid'],
      queryFn: ({ signal }) => read(api.GET('/api/segments/grid', { signal })),
    }),
  movement: (since?: number) =>
    queryOptions({
      queryKey: ['segments', 'movement', since],
      queryFn: ({ signal }) => read(api.GET('/api/segments/movement', { params: { query: { since } }, signal })),
      placeholderData: keepPreviousData,
    }),
  rules: () =>
    queryOptions({
      queryKey: ['segments', 'rules'],
      queryFn: ({ signal }) => read(api.GET('/api/segments/rules', { signal })),
    }),
  chartNotes: () =>
    queryOptions({
      queryKey: ['chart-notes'],
      queryFn: ({ signal }) => read(api.GET('/api/chart-notes', { signal })),
    }),
  rulesHistory: () =>
    queryOptions({
      queryKey: ['segments', 'history'],
      queryFn: ({ signal }) => read(api.GET('/api/segments/rules/history', { signal })),
    }),
  distribution: (axis: Distributed, search: Search) =>
    queryOptions({
      queryKey: ['distribution', axis, compactSearch(search)],
      queryFn: ({ signal }) =>
        read(
          api.GET('/api/distributions/{axis}', { params: { path: { axis }, query: compactSearch(search) }, signal }),
        ),
      placeholderData: keepPreviousData,
    }),

  models: () =>
    queryOptions({ queryKey: ['models'], queryFn: ({ signal }) => read(api.GET('/api/models', { signal })) }),
  backtests: (id: number, population?: string) =>
    queryOptions({
      queryKey: ['models', id, 'backtests', population],
      queryFn: ({ signal }) =>
        read(
          api.GET('/api/models/{model_id}/backtests', {
            params: { path: { model_id: id }, query: { population } },
            signal,
          }),
        ),
      placeholderData: keepPreviousData,
    }),
  calibration: (id: number) =>
    queryOptions({
      queryKey: ['models', id, 'calibration'],
      queryFn: ({ signal }) =>
        read(api.GET('/api/models/{model_id}/calibration', { params: { path: { model_id: id } }, signal })),
    }),
  lift: (id: number) =>
    queryOptions({
      queryKey: ['models', id, 'lift'],
      queryFn: ({ signal }) =>
        read(api.GET('/api/models/{model_id}/lift', { params: { path: { model_id: id } }, signal })),
    }),
  thresholds: (id: number) =>
    queryOptions({
      queryKey: ['models', id, 'threshold'],
      queryFn: ({ signal }) =>
        read(api.GET('/api/models/{model_id}/threshold', { params: { path: { model_id: id } }, signal })),
    }),
  targets: () =>
    queryOptions({ queryKey: ['targets'], queryFn: ({ signal }) => read(api.GET('/api/targets', { signal })) }),
  outcomes: () =>
    queryOptions({ queryKey: ['outcomes'], queryFn: ({ signal }) => read(api.GET('/api/outcomes', { signal })) }),
  forecast: () =>
    queryOptions({ queryKey: ['forecast'], queryFn: ({ signal }) => read(api.GET('/api/forecast', { signal })) }),
  sales: (by: SalesBy, search: Search = {}) =>
    queryOptions({
      queryKey: ['sales', by, compactSearch(search)],
      queryFn: ({ signal }) =>
        read(api.GET('/api/sales', { params: { query: { by, ...compactSearch(search) } }, signal })),
      placeholderData: keepPreviousData,
    }),
  lineClasses: (search: Search = {}) =>
    queryOptions({
      queryKey: ['lines', 'classes', compactSearch(search)],
      queryFn: ({ signal }) =>
        read(api.GET('/api/lines/classes', { params: { query: compactSearch(search) }, signal })),
      placeholderData: keepPreviousData,
    }),

  imports: () =>
    queryOptions({ queryKey: ['imports'], queryFn: ({ signal }) => read(api.GET('/api/imports', { signal })) }),
  importJob: (import_id: number) =>
    queryOptions({
      queryKey: ['imports', import_id],
      queryFn: async ({ signal }) =>
        (await read(api.GET('/api/imports/{import_id}', { params: { path: { import_id } }, signal }))) as ImportKnown,
      refetchInterval: ({ state }) => (['inspecting', 'loading'].includes(state.data?.state ?? '') ? 1_000 : false),
    }),
  batches: (page: number, limit = BATCHES_A_PAGE) =>
    queryOptions({
      queryKey: ['batches', page, limit],
      queryFn: ({ signal }) => read(api.GET('/api/batches', { params: { query: { page, limit } }, signal })),
      placeholderData: keepPreviousData,
    }),
  job: (job_id: number) =>
    queryOptions({
      queryKey: ['jobs', job_id],
      queryFn: ({ signal }) => read(api.GET('/api/jobs/{job_id}', { params: { path: { job_id } }, signal })),
      refetchInterval: ({ state }) => (['queued', 'running'].includes(state.data?.state ?? 'queued') ? 1_000 : false),
    }),
  runs: (page = 1, limit = 100) =>
    queryOptions({
      queryKey: ['runs', page, limit],
      queryFn: ({ signal }) => read(api.GET('/api/runs', { params: { query: { page, limit } }, signal })),
      refetchInterval: ({ state }) => (state.data?.data.some(run => run.state === 'building') ? 1_000 : false),
      placeholderData: keepPreviousData,
    }),
  run: (run_id: number) =>
    queryOptions({
      queryKey: ['runs', run_id],
      queryFn: ({ signal }) => read(api.GET('/api/runs/{run_id}', { params: { path: { run_id } }, signal })),
    }),

  me: () => queryOptions({ queryKey: ['me'], queryFn: ({ signal }) => read(api.GET('/api/me', { signal })) }),
  sessions: () =>
    queryOptions({
      queryKey: ['me', 'sessions'],
      queryFn: ({ signal }) => read(api.GET('/api/me/sessions', { signal })),
    }),
  passkeys: () =>
    queryOptions({
      queryKey: ['me', 'passkeys'],
      queryFn: ({ signal }) => read(api.GET('/api/me/passkeys', { signal })),
    }),
  apiKeys: () =>
    queryOptions({
      queryKey: ['me', 'api-keys'],
      queryFn: ({ signal }) => read(api.GET('/api/me/api-keys', { signal })),
    }),
  allApiKeys: () =>
    queryOptions({ queryKey: ['api-keys'], queryFn: ({ signal }) => read(api.GET('/api/api-keys', { signal })) }),
  company: () =>
    queryOptions({ queryKey: ['company'], queryFn: ({ signal }) => read(api.GET('/api/company', { signal })) }),
  setup: () => queryOptions({ queryKey: ['setup'], queryFn: ({ signal }) => read(api.GET('/api/setup', { signal })) }),
  sampleData: () =>
    queryOptions({
      queryKey: ['sample-data'],
      queryFn: ({ signal }) => read(api.GET('/api/sample-data', { signal })),
      refetchInterval: ({ state }) => (['queued', 'running'].includes(state.data?.job?.state ?? '') ? 1_000 : false),
    }),
  users: () => queryOptions({ queryKey: ['users'], queryFn: ({ signal }) => read(api.GET('/api/users', { signal })) }),
  roles: () => queryOptions({ queryKey: ['roles'], queryFn: ({ signal }) => read(api.GET('/api/roles', { signal })) }),
  teams: () => queryOptions({ queryKey: ['teams'], queryFn: ({ signal }) => read(api.GET('/api/teams', { signal })) }),
  audit: (search: Search) =>
    infiniteQueryOptions({
      queryKey: ['audit', compactSearch(search)],
      queryFn: ({ pageParam, signal }) =>
        read(api.GET('/api/audit', { params: { query: { ...compactSearch(search), cursor: pageParam } }, signal })),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: last => last.next_cursor ?? undefined,
      placeholderData: keepPreviousData,
    }),
  providers: () =>
    queryOptions({
      queryKey: ['oidc'],
      queryFn: ({ signal }) => read(api.GET('/api/auth/oidc', { signal })),
      retry: false,
    }),

  calculationSql: (address: string) =>
    queryOptions({
      queryKey: ['explain', 'sql', address],
      queryFn: ({ signal }) => readAddress<HowMade>(explainAddress(address, 'sql'), signal),
    }),
  calculationRows: (address: string, page: number) =>
    queryOptions({
      queryKey: ['explain', 'rows', address, page],
      queryFn: ({ signal }) =>
        readAddress<{ data: Record<string, string | number | null>[]; total: number }>(
          `${explainAddress(address, 'rows')}&page=${page}&limit=50`,
          signal,
        ),
      placeholderData: keepPreviousData,
    }),
}

function explainAddress(address: string, what: 'sql' | 'rows'): string {
  return `${address}${address.includes('?') ? '&' : '?'}explain=${what}`
}
