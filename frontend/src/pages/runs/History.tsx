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
import { count, day, moment } from '@/components/format'
import { Card } from '@/components/Page'
import { Pager } from '@/components/Pager'
import { useMay } from '@/components/signedIn'
import { OneRun } from './OneRun'
import css from './Runs.module.css'
import { State } from './State'
import { lasted } from './Timings'

const route = getRouteApi('/shell/runs')
const RUNS_A_PAGE = 20
/** All runs, newest first; an earlier one can be published again. */
export function History({ published }: { published: Run | undefined }) {
  const { page = 1, run: opened } = route.useSearch()
  const navigate = useNavigate({ from: '/runs' })
  const may = useMay()
  const query = useQuery(ask.runs(page, RUNS_A_PAGE))
  const [again, setAgain] = useState<Run | null>(null)
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
            title="There has been no run yet"
            action={
              <Link to="/import" className={css.link}>
                Bring in orders
              </Link>
            }
          >
            A run is made when something is loaded, or by a refresh.
          </Empty>
        }
      >
        {answer => (
          <>
            <DataTable
              caption="Runs"
              rowKey={run => run.run_id}
              rows={answer.data}
              columns={[
                {
                  name: 'run_id',
                  label: 'Run',
                  show: run => (
                    <Link
                      from="/runs"
                      to="/runs"
                      search={now => ({ ...now, run: run.run_id })}
                      resetScroll={false}
                      className={css.run}
                    >
                      Run {run.run_id}
                    </Link>
                  ),
                },
                { name: 'state', label: 'State', show: run => <State run={run} /> },
                { name: 'as_of', label: 'As of', show: run => day(run.as_of) },
                {
                  name: 'customers_scored',
                  label: 'Customers',
                  numeric: true,
                  show: run => count(run.customers_scored),
                },
                { name: 'timings', label: 'Took', numeric: true, show: lasted },
                { name: 'published_at', label: 'Published', show: run => moment(run.published_at) },
                ...(may('runs.write')
                  ? [
                      {
                        name: 'published' as const,
                        label: 'Go back',
                        show: (run: Run) =>
                          (run.state === 'superseded' || run.state === 'withdrawn') && (
                            <Button
                              variant="subtle"
                              size="compact-sm"
                              aria-label={`Publish run ${run.run_id} again`}
                              onClick={() => setAgain(run)}
                            >
                              Publish again
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
                pages={Math.ceil(answer.total / RUNS_A_PAGE)}
                onPage={next => void navigate({ search: now => ({ ...now, page: next }), resetScroll: false })}
              />
            </div>
          </>
        )}
      </Faced>
      {again && <PublishAgain run={again} instead={published} onClose={() => setAgain(null)} />}
      {opened !== undefined && <OneRun id={opened} />}
    </Card>
  )
}

function PublishAgain({ run, instead, onClose }: { run: Run; instead: Run | undefined; onClose: () => void }) {
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
      title={`Publish run ${run.run_id} again?`}
      action={`Publish run ${run.run_id}`}
      isBusy={publish.isPending}
      error={publish.error}
      onConfirm={() => publish.mutate()}
      onClose={onClose}
    >
      <p>
        Everything shown, to everybody, then comes from run {run.run_id}: as of {day(run.as_of)},{' '}
        {count(run.customers_scored)} customers.
      </p>
      {instead && (
        <p className={css.dim}>
          Run {instead.run_id} (as of {day(instead.as_of)}, {count(instead.customers_scored)} customers) is withdrawn,
          not deleted; it can be published again the same way. What is loaded does not change.
        </p>
      )}
    </ConfirmDialog>
  )
}
