import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { ask } from '@/api/questions'
import { Dialog } from '@/components/Dialog'
import { Faced } from '@/components/faces'
import { count, day, moment } from '@/components/format'
import css from './Runs.module.css'
import { State } from './State'
import { Timings } from './Timings'

/** One run in full: what became of it, where its time went, what made it. */
export function OneRun({ id }: { id: number }) {
  const navigate = useNavigate({ from: '/runs' })
  const query = useQuery(ask.run(id))
  return (
    <Dialog
      size="lg"
      title={`Run ${id}`}
      onClose={() => void navigate({ search: now => ({ ...now, run: undefined }), resetScroll: false })}
    >
      <Faced query={query}>
        {run => (
          <div className={css.one}>
            {run.error && <p className={css.error}>{run.error}</p>}
            <dl className={css.facts}>
              <dt>State</dt>
              <dd>
                <State run={run} />
              </dd>
              <dt>As of</dt>
              <dd>{day(run.as_of)}</dd>
              <dt>Started</dt>
              <dd>{moment(run.started_at)}</dd>
              <dt>Published</dt>
              <dd>{moment(run.published_at)}</dd>
              <dt>Customers scored</dt>
              <dd>{count(run.customers_scored)}</dd>
              <dt>Made by</dt>
              <dd>
                {Object.entries(run.versions)
                  .map(([name, version]) => `${name} ${version}`)
                  .join(', ')}
              </dd>
            </dl>
            {Object.keys(run.timings).length > 0 && <Timings run={run} />}
          </div>
        )}
      </Faced>
    </Dialog>
  )
}
