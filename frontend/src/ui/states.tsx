import { Button, Skeleton } from '@mantine/core'
import '@mantine/core/styles/Skeleton.layer.css'
import { IconAlertTriangle, IconLock, IconMoodEmpty, IconWifiOff } from '@tabler/icons-react'
import type { UseQueryResult } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useDeferredValue } from 'react'
import { Problem } from '@/api/client'
import { usePermissions } from '@/api/useSession'
import css from './states.module.css'

/** The API's code while no run is published, so that there is nothing to show. */
const NO_RUN_YET = 'nothing_published'

/** Loading: grey bars the size of the content, so that nothing moves. */
export function Loading({ rows = 3, height = 20, gap = 12 }: { rows?: number; height?: number; gap?: number }) {
  return (
    <div className={css.loading} style={{ gap }} role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the bars have no other key
        <Skeleton key={row} height={height} radius="sm" />
      ))}
    </div>
  )
}

/** An error: what happened, what to do, and a button to retry. */
export function ErrorState({ error, onRetry }: { error: Error; onRetry?: () => void }) {
  const problem = error instanceof Problem ? error : null
  if (problem?.code === NO_RUN_YET) return <NoDataYet />
  const Icon = problem?.status === 403 ? IconLock : problem?.status === 0 ? IconWifiOff : IconAlertTriangle
  return (
    <div className={css.state} role="alert">
      <Icon size={28} stroke={1.5} className={css.icon} aria-hidden />
      <p className={css.title}>{error.message}</p>
      {problem?.code === 'permission_missing' && <p className={css.text}>An administrator can give you access.</p>}
      {problem?.remedy && <p className={css.text}>{problem.remedy}</p>}
      {onRetry && problem?.status !== 403 && (
        <Button variant="default" onClick={onRetry}>
          Try again
        </Button>
      )}
      {problem?.requestId && <p className={css.id}>Request {problem.requestId}</p>}
    </div>
  )
}

/** Empty: why there is no data, and the next step. */
export function EmptyState({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className={css.state}>
      <IconMoodEmpty size={28} stroke={1.5} className={css.icon} aria-hidden />
      <p className={css.title}>{title}</p>
      {children && <p className={css.text}>{children}</p>}
      {action}
    </div>
  )
}

/** Before the first update: a link to the import for users who can import, and whom to ask for the others. */
export function NoDataYet({ title = 'No data yet', children }: { title?: string; children?: ReactNode }) {
  const can = usePermissions()
  return (
    <EmptyState
      title={title}
      action={
        can('company.manage') ? (
          <Button variant="default" renderRoot={props => <Link to="/setup" {...props} />}>
            Set up Foresell
          </Button>
        ) : (
          can('imports.write') && (
            <Button variant="default" renderRoot={props => <Link to="/import" {...props} />}>
              Import orders
            </Button>
          )
        )
      }
    >
      {children ??
        (can('imports.write')
          ? 'Import orders first; scores and lists follow.'
          : 'Ask your administrator or data steward to import orders.')}
    </EmptyState>
  )
}

interface QueryStateProps<Data> {
  query: UseQueryResult<Data, Error>
  loading?: ReactNode
  isEmpty?: (data: Data) => boolean
  empty?: ReactNode
  children: (data: Data) => ReactNode
}

/**
 * The four states of a query: loading, error, empty, data. Data already shown stays while it is fetched again.
 * The first data is rendered as a transition: in slices, so that the page stays responsive.
 */
export function QueryState<Data>({ query, loading: waiting, isEmpty, empty, children }: QueryStateProps<Data>) {
  const isReady = useDeferredValue(query.data !== undefined)
  if (query.data === undefined && query.error)
    return <ErrorState error={query.error} onRetry={() => void query.refetch()} />
  if (query.data === undefined || !isReady) return waiting ?? <Loading />
  if (isEmpty?.(query.data)) return empty ?? <EmptyState title="No data" />
  return children(query.data)
}
