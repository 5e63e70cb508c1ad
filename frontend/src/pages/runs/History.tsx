import { Button } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { api, read } from '@/api/client'
import { queries } from '@/api/queries'
import type { Run } from '@/api/shapes'
import { usePermissions } from '@/api/useSession'
import { ConfirmDialog } from '@/ui/ConfirmDialog'
import { DataTable } from '@/ui/DataTable'
import { count, dateTime, day, lastDay, NO_VALUE, plural } from '@/ui/format'
import { Card } from '@/ui/Page'
import { Pager } from '@/ui/Pager'
import { EmptyState, Loading, QueryState } from '@/ui/states'
import { RunDialog } from './RunDialog'
import { RunState } from './RunState'
import css from './Runs.module.css'
import { formatDuration } from './Timings'

const route = getRouteApi('/shell/runs')
const RUNS_PER_PAGE = 20

/** All runs, newest first; an earlier one can be shown again. */
export function History({ published }: { published: Run | undefined }) {
  const { page = 1, run: opened } = route.useSearch()
  const navigate = useNavigate({ from: '/runs' })
  const can = usePermissions()
  const query = useQuery(queries.runs(page, RUNS_PER_PAGE))
  const [chosen, setChosen] = useState<Run | null>(null)
  return (
    <Card title="History" flush>
      <QueryState
        query={query}
        loading={
          <div className={css.waiting}>
            <Loading rows={8} height={20} gap={20} />
          </div>
        }
        isEmpty={answer => answer.total === 0}
        empty={
          <EmptyState
            title="No updates yet"
            action={
              <Link to="/import" className={css.link}>
                Import orders
              </Link>
            }
          >
            An update starts when a file is imported, or when you press Update now.
          </EmptyState>
        }
      >
        {answer => (
          <>
            <DataTable
              caption="Updates"
              rowKey={run => run.run_id}
              rows={answer.data}
              columns={[
                {
                  name: 'run_id',
                  label: 'Update',
                  show: run => (
                    <Link
                      from="/runs"
                      to="/runs"
                      search={now => ({ ...now, run: run.run_id })}
                      resetScroll={false}
                      className={css.run}
                    >
                      Update {run.run_id}
                    </Link>
                  ),
                },
                { name: 'state', label: 'Status', show: run => <RunState run={run} /> },
                { name: 'as_of', label: 'Data to', show: run => (run.as_of ? day(lastDay(run.as_of)) : NO_VALUE) },
                {
                  name: 'customers_scored',
                  label: 'Customers',
                  numeric: true,
                  show: run => count(run.customers_scored),
                },
                { name: 'timings', label: 'Duration', numeric: true, show: formatDuration },
                { name: 'published_at', label: 'Published', show: run => dateTime(run.published_at) },
                ...(can('runs.write')
                  ? [
                      {
                        name: 'published' as const,
                        label: 'Action',
                        show: (run: Run) =>
                          run.published_at &&
                          (run.state === 'superseded' || run.state === 'withdrawn') && (
                            <Button
                              variant="subtle"
                              size="compact-sm"
                              aria-label={`Show update ${run.run_id}`}
                              onClick={() => setChosen(run)}
                            >
                              Show this update
                            </Button>
                          ),
                      },
                    ]
                  : []),
              ]}
            />
            <div className={css.pager}>
              <Pager
                page={page}
                pages={Math.ceil(answer.total / RUNS_PER_PAGE)}
                onPage={next => void navigate({ search: now => ({ ...now, page: next }), resetScroll: false })}
              />
            </div>
          </>
        )}
      </QueryState>
      {chosen && <PublishRun run={chosen} instead={published} onClose={() => setChosen(null)} />}
      {opened !== undefined && <RunDialog id={opened} />}
    </Card>
  )
}

function PublishRun({ run, instead, onClose }: { run: Run; instead: Run | undefined; onClose: () => void }) {
  const queryClient = useQueryClient()
  const publish = useMutation({
    mutationFn: () => read(api.POST('/api/runs/{run_id}/publish', { params: { path: { run_id: run.run_id } } })),
    onSuccess: () => {
      void queryClient.invalidateQueries()
      onClose()
    },
  })
  return (
    <ConfirmDialog
      title={`Show update ${run.run_id}?`}
      action={`Show update ${run.run_id}`}
      isBusy={publish.isPending}
      error={publish.error}
      onConfirm={() => publish.mutate()}
      onClose={onClose}
    >
      <p>
        All users will then see update {run.run_id}: data to {run.as_of ? day(lastDay(run.as_of)) : NO_VALUE},{' '}
        {plural(run.customers_scored ?? 0, 'customer')}.
      </p>
      {instead && (
        <p className={css.dim}>
          Update {instead.run_id} (data to {instead.as_of ? day(lastDay(instead.as_of)) : NO_VALUE},{' '}
          {plural(instead.customers_scored ?? 0, 'customer')}) is withdrawn, not deleted; you can show it again in the
          same way. Imported data does not change.
        </p>
      )}
    </ConfirmDialog>
  )
}
