import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { queries } from '@/api/queries'
import { Dialog } from '@/ui/Dialog'
import { count, dateTime, day, lastDay, NO_VALUE } from '@/ui/format'
import { QueryState } from '@/ui/states'
import { RunState } from './RunState'
import css from './Runs.module.css'
import { Timings } from './Timings'

/** The details of one run: state, dates, durations and the versions it was made with. */
export function RunDialog({ id }: { id: number }) {
  const navigate = useNavigate({ from: '/runs' })
  const query = useQuery(queries.run(id))
  return (
    <Dialog
      size="lg"
      title={`Update ${id}`}
      onClose={() => void navigate({ search: now => ({ ...now, run: undefined }), resetScroll: false })}
    >
      <QueryState query={query}>
        {run => (
          <div className={css.one}>
            {run.error && <p className={css.error}>{run.error}</p>}
            <dl className={css.facts}>
              <dt>Status</dt>
              <dd>
                <RunState run={run} />
              </dd>
              <dt>Data to</dt>
              <dd>{run.as_of ? day(lastDay(run.as_of)) : NO_VALUE}</dd>
              <dt>Started</dt>
              <dd>{dateTime(run.started_at)}</dd>
              <dt>Published</dt>
              <dd>{dateTime(run.published_at)}</dd>
              <dt>Customers scored</dt>
              <dd>{count(run.customers_scored)}</dd>
              <dt>Made with</dt>
              <dd>
                {Object.entries(run.versions)
                  .map(([name, version]) => `${name} ${version}`)
                  .join(', ')}
              </dd>
            </dl>
            {Object.keys(run.timings).length > 0 && <Timings run={run} />}
          </div>
        )}
      </QueryState>
    </Dialog>
  )
}
