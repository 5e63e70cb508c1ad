import type { QueryClient } from '@tanstack/react-query'
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router'
import { Problem } from '@/api/client'
import { queries } from '@/api/queries'
import { session } from '@/api/session'
import { parseProposals } from '@/features/enrichment/search'
import { startPageFor } from '@/features/session/navigation'
import { parseActivity } from '@/pages/activity/search'
import { parseAdmin } from '@/pages/admin/search'
import { parseCallLog, toCallQuery } from '@/pages/calls/search'
import { parseCustomer } from '@/pages/customer/search'
import { parseCustomers, toQuery } from '@/pages/customers/search'
import { parseDuplicates } from '@/pages/duplicates/search'
import { parseGlossary } from '@/pages/glossary/search'
import { parseImport } from '@/pages/import/search'
import { parseMe } from '@/pages/me/search'
import { parseModel } from '@/pages/model/search'
import { parseRuns } from '@/pages/runs/search'
import { comparisonOf, filtersOf, parseSales } from '@/pages/sales/search'
import { parseSegments } from '@/pages/segments/search'
import { parseSecondFactor, parseSignIn } from '@/pages/sign-in/search'
import { parseSources } from '@/pages/sources/search'
import { parseToday } from '@/pages/today/search'
import { setLocale } from '@/ui/format'
import { Toasts } from '@/ui/toasts'
import { queryClient } from './queryClient'
import { NotFound, PageError, Shell } from './shell/Shell'

/** A page that is loaded when it is first opened; while the server is unreachable, the error is shown and no page reloads. */
function page(load: Parameters<typeof lazyRouteComponent>[0]) {
  return lazyRouteComponent(() =>
    load().catch(async (error: unknown) => {
      const isThere = await fetch('/favicon.svg', { method: 'HEAD', cache: 'no-store' }).catch(() => null)
      throw isThere ? error : new Problem(0, {})
    }),
  )
}

const root = createRootRouteWithContext<{ queries: QueryClient }>()({
  component: () => (
    <>
      <Outlet />
      <Toasts />
    </>
  ),
  notFoundComponent: NotFound,
})

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: parseSignIn,
  component: page(() => import('@/pages/sign-in/SignIn')),
})

const secondFactor = createRoute({
  getParentRoute: () => root,
  path: '/second-factor',
  validateSearch: parseSecondFactor,
  beforeLoad: async ({ search }) => {
    await session.start()
    const { user } = session.get()
    if (!user) throw redirect({ to: '/sign-in', search })
    if (!user.second_factor_due) throw redirect({ href: search.next ?? '/' })
  },
  component: page(() => import('@/pages/sign-in/SetUpSecondFactor')),
})

const shell = createRoute({
  getParentRoute: () => root,
  id: 'shell',
  beforeLoad: async ({ location }) => {
    await session.start()
    const { phase, user } = session.get()
    if (phase === 'unknown') throw new Problem(0, {})
    if (phase === 'out' || !user)
      throw redirect({ to: '/sign-in', search: location.href === '/' ? {} : { next: location.href } })
    if (user.second_factor_due)
      throw redirect({ to: '/second-factor', search: location.href === '/' ? {} : { next: location.href } })
    setLocale(user.preferences.locale ?? undefined)
    if (location.href === '/' && startPageFor(user) !== '/' && !user.permissions.includes('calls.read'))
      throw redirect({ to: startPageFor(user) })
  },
  component: Shell,
  errorComponent: PageError,
})

/** Whether the signed-in user holds a permission: a loader asks for nothing that the API would refuse. */
const can = (permission: string) => session.get().user?.permissions.includes(permission) ?? false

const isOwnScope = () => session.get().user?.scope === 'own'

/** Pages are loaded when they are opened, and their data at the same time, not after. */
const pages = [
  createRoute({
    getParentRoute: () => shell,
    path: '/',
    validateSearch: parseToday,
    loader: () => {
      if (can('calls.read')) void queryClient.prefetchQuery(queries.callsToday())
      if (can('sales.read')) void queryClient.prefetchQuery(queries.kpis())
    },
    component: page(() => import('@/pages/today/Today')),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/customers',
    validateSearch: parseCustomers,
    loaderDeps: ({ search }) => toQuery(search),
    loader: ({ deps }) => {
      if (can('customers.read')) void queryClient.prefetchInfiniteQuery(queries.customers(deps))
    },
    component: page(() => import('@/pages/customers/Customers')),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/customers/$id',
    validateSearch: parseCustomer,
    loader: ({ params }) => {
      if (!can('customers.read')) return
      void queryClient.prefetchQuery(queries.customer(params.id))
      void queryClient.prefetchQuery(queries.calculation(params.id))
    },
    component: page(() => import('@/pages/customer/Customer')),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/calls',
    validateSearch: parseCallLog,
    loaderDeps: ({ search }) => search,
    loader: ({ deps }) => {
      if (can('calls.read')) void queryClient.prefetchQuery(queries.callLog(toCallQuery(deps, isOwnScope())))
    },
    component: page(() => import('@/pages/calls/CallLog')),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/activity',
    validateSearch: parseActivity,
    component: page(() => import('@/pages/activity/Activity')),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/setup',
    loader: () => {
      if (!can('company.manage')) return
      void queryClient.prefetchQuery(queries.setup())
      void queryClient.prefetchQuery(queries.sampleData())
    },
    component: page(() => import('@/pages/setup/Setup')),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/assignment',
    loader: () => {
      if (can('customers.assign')) void queryClient.prefetchQuery(queries.assignees())
    },
    component: page(() => import('@/pages/assignment/Assignment')),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/segments',
    validateSearch: parseSegments,
    loader: () => {
      if (!can('segments.read')) return
      void queryClient.prefetchQuery(queries.segments())
      void queryClient.prefetchQuery(queries.grid())
    },
    component: page(() => import('@/pages/segments/Segments')),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/model',
    validateSearch: parseModel,
    loaderDeps: ({ search }) => search,
    loader: ({ deps: { task = 'purchase', population } }) => {
      if (!can('model.read')) return
      void queryClient.prefetchQuery(queries.targets())
      void queryClient.prefetchQuery(queries.outcomes())
      void queryClient.fetchQuery(queries.models()).then(
        ({ tasks }) => {
          const id = tasks.find(row => row.task === task)?.model_id
          if (!id) return
          for (const question of [queries.calibration(id), queries.lift(id), queries.thresholds(id)])
            void queryClient.prefetchQuery(question as ReturnType<typeof queries.lift>)
          void queryClient.prefetchQuery(queries.backtests(id, population))
        },
        () => undefined,
      )
    },
    component: page(() => import('@/pages/model/Model')),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/sales',
    validateSearch: parseSales,
    loaderDeps: ({ search }) => search,
    loader: ({ deps }) => {
      if (!can('sales.read')) return
      void queryClient.prefetchQuery(
        queries.sales(deps.time ?? 'month', { ...filtersOf(deps), compare: comparisonOf(deps)?.value }),
      )
      void queryClient.prefetchQuery(queries.kpis(filtersOf(deps)))
      void queryClient.prefetchQuery(queries.forecast())
    },
    component: page(() => import('@/pages/sales/Sales')),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/import',
    validateSearch: parseImport,
    loaderDeps: ({ search }) => search,
    loader: ({ deps: { import: chosen, page = 1 } }) => {
      if (chosen !== undefined || !can('imports.write')) return
      void queryClient.prefetchQuery(queries.imports())
      void queryClient.prefetchQuery(queries.batches(page))
    },
    component: page(() => import('@/pages/import/Import')),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/sources',
    validateSearch: parseSources,
    component: page(() => import('@/pages/sources/Sources')),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/enrichment',
    validateSearch: parseProposals,
    component: page(() => import('@/pages/enrichment/Enrichment')),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/runs',
    validateSearch: parseRuns,
    loader: () => {
      if (!can('runs.read')) return
      if (can('model.read')) void queryClient.prefetchQuery(queries.models())
      void queryClient.fetchQuery(queries.freshness()).then(
        ({ run }) => run && queryClient.prefetchQuery(queries.run(run.run_id)),
        () => undefined,
      )
    },
    component: page(() => import('@/pages/runs/Runs')),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/duplicates',
    validateSearch: parseDuplicates,
    component: page(() => import('@/pages/duplicates/Duplicates')),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/admin',
    validateSearch: parseAdmin,
    component: page(() => import('@/pages/admin/Admin')),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/me',
    validateSearch: parseMe,
    component: page(() => import('@/pages/me/Me')),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/glossary',
    validateSearch: parseGlossary,
    component: page(() => import('@/pages/glossary/Glossary')),
  }),
  createRoute({ getParentRoute: () => shell, path: '$', component: NotFound }),
] as const

export const router = createRouter({
  routeTree: root.addChildren([signIn, secondFactor, shell.addChildren([...pages])]),
  context: { queries: queryClient },
  defaultPreload: 'intent',
  defaultPreloadStaleTime: 0,
  scrollRestoration: true,
  defaultNotFoundComponent: NotFound,
  defaultErrorComponent: PageError,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
