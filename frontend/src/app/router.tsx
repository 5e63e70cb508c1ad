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
import { ask } from '@/api/questions'
import { session } from '@/api/session'
import { fetchCharts } from '@/components/charts/fetch'
import { setLocale } from '@/components/format'
import { homeOf } from '@/components/places'
import { Toasts } from '@/components/toasts'
import { parseAdmin } from '@/pages/admin/search'
import { parseCustomer } from '@/pages/customer/search'
import { parseCustomers, toQuestion } from '@/pages/customers/search'
import { parseGlossary } from '@/pages/glossary/search'
import { parseImport } from '@/pages/import/search'
import { parseMe } from '@/pages/me/search'
import { parseModel } from '@/pages/model/search'
import { parseRuns } from '@/pages/runs/search'
import { parseSales } from '@/pages/sales/search'
import { parseSegments } from '@/pages/segments/search'
import { parseSignIn } from '@/pages/sign-in/search'
import { parseToday } from '@/pages/today/search'
import { queries } from './queries'
import { Failed, NotFound, Shell } from './shell/Shell'

/** A page that is fetched when it is first needed; while the server is away the page before says so, and none is reloaded. */
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

const shell = createRoute({
  getParentRoute: () => root,
  id: 'shell',
  beforeLoad: async ({ location }) => {
    await session.start()
    const { phase, user } = session.get()
    if (phase === 'unknown') throw new Problem(0, {})
    if (phase === 'out' || !user)
      throw redirect({ to: '/sign-in', search: location.href === '/' ? {} : { next: location.href } })
    setLocale(user.preferences.locale ?? undefined)
    if (location.href === '/' && homeOf(user) !== '/' && !user.permissions.includes('calls.read'))
      throw redirect({ to: homeOf(user) })
  },
  component: Shell,
  errorComponent: Failed,
})

/** Pages are fetched when they are needed; what they ask is asked at the same time, not after. */
const pages = [
  createRoute({
    getParentRoute: () => shell,
    path: '/',
    validateSearch: parseToday,
    loader: () => {
      void queries.prefetchQuery(ask.callsToday())
      void queries.prefetchQuery(ask.kpis())
    },
    component: page(() => import('@/pages/today/Today')),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/customers',
    validateSearch: parseCustomers,
    loaderDeps: ({ search }) => toQuestion(search),
    loader: ({ deps }) => void queries.prefetchInfiniteQuery(ask.customers(deps)),
    component: page(() => import('@/pages/customers/Customers')),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/customers/$id',
    validateSearch: parseCustomer,
    loader: ({ params }) => {
      void queries.prefetchQuery(ask.customer(params.id))
      fetchCharts()
      void queries.prefetchQuery(ask.calculation(params.id))
    },
    component: page(() => import('@/pages/customer/Customer')),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/segments',
    validateSearch: parseSegments,
    loader: () => {
      void queries.prefetchQuery(ask.segments())
      fetchCharts()
      void queries.prefetchQuery(ask.grid())
    },
    component: page(() => import('@/pages/segments/Segments')),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/model',
    validateSearch: parseModel,
    loaderDeps: ({ search }) => search,
    loader: ({ deps: { task = 'purchase', population } }) => {
      fetchCharts()
      void queries.prefetchQuery(ask.targets())
      void queries.prefetchQuery(ask.receipts())
      void queries.fetchQuery(ask.models()).then(
        ({ tasks }) => {
          const id = tasks.find(row => row.task === task)?.model_id
          if (!id) return
          for (const question of [ask.calibration(id), ask.lift(id), ask.thresholds(id)])
            void queries.prefetchQuery(question as ReturnType<typeof ask.lift>)
          void queries.prefetchQuery(ask.backtests(id, population))
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
    loader: ({ deps: { time = 'month', from, to, category } }) => {
      void queries.prefetchQuery(ask.sales(time, { from, to, category }))
      fetchCharts()
      void queries.prefetchQuery(ask.forecast())
    },
    component: page(() => import('@/pages/sales/Sales')),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/import',
    validateSearch: parseImport,
    loaderDeps: ({ search }) => search,
    loader: ({ deps: { import: chosen, page = 1 } }) => {
      if (chosen !== undefined) return
      void queries.prefetchQuery(ask.imports())
      void queries.prefetchQuery(ask.batches(page))
    },
    component: page(() => import('@/pages/import/Import')),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/runs',
    validateSearch: parseRuns,
    loader: () => {
      void queries.prefetchQuery(ask.models())
      void queries.fetchQuery(ask.status()).then(
        ({ run }) => run && queries.prefetchQuery(ask.run(run.run_id)),
        () => undefined,
      )
    },
    component: page(() => import('@/pages/runs/Runs')),
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
  routeTree: root.addChildren([signIn, shell.addChildren([...pages])]),
  context: { queries },
  defaultPreload: 'intent',
  defaultPreloadStaleTime: 0,
  scrollRestoration: true,
  defaultNotFoundComponent: NotFound,
  defaultErrorComponent: Failed,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
