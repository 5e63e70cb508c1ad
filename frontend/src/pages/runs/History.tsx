import { Button } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { api, read } from '@/api/client'
import { ask } from '@/api/questions'
import type { Run } from '@/api/shapes'
import { ConfirmDialog } from '@/components/ConfirmDialog'
import { DataTable } from '@/components/DataTable'
import { Empty, Faced, Waiting } from '@/components/faces'
import { count, day, lastDay, MISSING, many, moment } from '@/components/format'
import { Card } from '@/components/Page'
import { Pager } from '@/components/Pager'
import { useMay } from '@/components/signedIn'
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
  const may = useMay()
  const query = useQuery(ask.runs(page, RUNS_PER_PAGE))
  const [chosen, setChosen] = useState<Run | null>(null)
  return (
    <Card title="History" flush>
      <Faced
        query={query}
        waiting={
          <div className={css.waiting}>
            <Waiting rows={8} height={20} gap={20} />
          </div>
        }
        isEmpty={answer => answer.total === 0}
        empty={
          <Empty
            title="No updates yet"
            action={
              <Link to="/import" className={css.link}>
                Import orders
              </Link>
            }
          >
            An update starts when a file is imported, or when you press Update now.
          </Empty>
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
                { name: 'as_of', label: 'Data to', show: run => (run.as_of ? day(lastDay(run.as_of)) : MISSING) },
                {
                  name: 'customers_scored',
                  label: 'Customers',
                  numeric: true,
                  show: run => count(run.customers_scored),
                },
                { name: 'timings', label: 'Duration', numeric: true, show: formatDuration },
                { name: 'published_at', label: 'Published', show: run => moment(run.published_at) },
                ...(may('runs.write')
                  ? [
                      {
                        name: 'published' as const,
                        label: 'Action',
                        show: (run: Run) =>
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
      </Faced>
      {chosen && <PublishRun run={chosen} instead={published} onClose={() => setChosen(null)} />}
      {opened !== undefined && <RunDialog id={opened} />}
    </Card>
  )
}

function PublishRun({ run, instead, onClose }: { run: Run; instead: Run | undefined; onClose: () => void }) {
  const queries = useQueryClient()
  const publish = useMutation({
    mutationFn: () => read(api.POST('/api/runs/{run_id}/publish', { params: { path: { run_id: run.run_id } } })),
    onSuccess: () => {
      void queries.invalidateQueries()
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
        All users will then see update {run.run_id}: data to {run.as_of ? day(lastDay(run.as_of)) : MISSING},{' '}
        {many(run.customers_scored ?? 0, 'customer')}.
      </p>
      {instead && (
        <p className={css.dim}>
          Update {instead.run_id} (data to {instead.as_of ? day(lastDay(instead.as_of)) : MISSING},{' '}
          {many(instead.customers_scored ?? 0, 'customer')}) is withdrawn, not deleted; you can show it again in the
          same way. Imported data does not change.
        </p>
      )}
    </ConfirmDialog>
  )
}
