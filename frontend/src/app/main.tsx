import '@/ui/theme/base'
import { MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode, startTransition } from 'react'
import { createRoot } from 'react-dom/client'
import { session } from '@/api/session'
import { theme } from '@/ui/theme/theme'
import { queryClient } from './queryClient'
import { router } from './router'

/** Loads the code of the requested page while the session is still being checked. */
function preloadPage() {
  for (const match of router.matchRoutes(router.latestLocation)) {
    void router.loadRouteChunk(router.routesById[match.routeId as keyof typeof router.routesById])
  }
}

void session.start()
preloadPage()
void router.load().then(render)

/** Renders as a transition: in slices, so that the page stays responsive. */
function render() {
  const root = createRoot(document.getElementById('root') as HTMLElement)
  startTransition(() =>
    root.render(
      <StrictMode>
        <MantineProvider theme={theme} defaultColorScheme="auto" withCssVariables={false} withGlobalClasses={false}>
          <QueryClientProvider client={queryClient}>
            <RouterProvider router={router} />
          </QueryClientProvider>
        </MantineProvider>
      </StrictMode>,
    ),
  )
}
