/** Draws a page or a part of one at its address, as the application does, for a signed-in user. */
import { MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  Outlet,
  RouterProvider,
} from '@tanstack/react-router'
import { configure, render } from '@testing-library/react'
import type { ReactNode } from 'react'
import { session } from '@/api/session'
import type { User } from '@/api/shapes'
import { Toasts } from '@/ui/toasts'

/** A busy machine draws slowly; a wait ends as soon as what is waited for is there. */
configure({ asyncUtilTimeout: 15_000 })

export function userWith(permissions: string[], more: Partial<User> = {}): User {
  return {
    user_id: 1,
    name: 'Marta Lind',
    email: 'marta@shop.example',
    roles: ['manager'],
    scope: 'all',
    team: null,
    team_id: null,
    permissions,
    preferences: { locale: 'en-GB' },
    factors: [],
    password: true,
    recovery_codes: 0,
    second_factor: false,
    second_factor_due: false,
    ...more,
  } as User
}

interface Options {
  /** The page's path, as in the router: `/runs`. */
  path: string
  /** The address to open, with its search. */
  at?: string
  validateSearch?: (search: Record<string, unknown>) => object
  /** Null: not signed in; the page is then outside the shell. */
  user: User | null
}

/** Other pages of the application, so that links to them have a target. */
const OTHER_PATHS = [
  '/',
  '/customers',
  '/calls',
  '/import',
  '/runs',
  '/model',
  '/sales',
  '/admin',
  '/me',
  '/segments',
  '/sign-in',
]

export async function renderPage(element: ReactNode, { path, at = path, validateSearch, user }: Options) {
  session.forget()
  if (user) session.accept({ access_token: 'token', token_type: 'Bearer', expires_in: 600, user })
  const root = createRootRoute({
    component: () => (
      <>
        <Outlet />
        <Toasts />
      </>
    ),
  })
  const shell = createRoute({ getParentRoute: () => root, id: 'shell', component: Outlet })
  const page = createRoute({
    getParentRoute: () => (user ? shell : root) as typeof shell,
    path,
    validateSearch,
    component: () => element,
  })
  const others = OTHER_PATHS.filter(other => other !== path).map(other =>
    createRoute({ getParentRoute: () => root, path: other, component: () => <p>Page {other}</p> }),
  )
  const router = createRouter({
    routeTree: root.addChildren(user ? [shell.addChildren([page]), ...others] : [page as never, ...others]),
    history: createMemoryHistory({ initialEntries: [at] }),
  })
  await router.load()
  const view = render(
    <MantineProvider env="test">
      <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
        <RouterProvider router={router as never} />
      </QueryClientProvider>
    </MantineProvider>,
  )
  return { ...view, router }
}
