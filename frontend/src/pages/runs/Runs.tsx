import { useQuery } from '@tanstack/react-query'
import { ask } from '@/api/questions'
import type { Run } from '@/api/shapes'
import { Figure, Figures } from '@/components/Figure'
import { Waiting } from '@/components/faces'
import { clock, count, day, lastDay, MISSING } from '@/components/format'
import { Card, Page } from '@/components/Page'
import { useMay } from '@/components/signedIn'
import { History } from './History'
import { Models } from './Models'
import { Refresh, StartRefresh } from './Refresh'
import { lasted, Timings } from './Timings'

/** Which run everything shown comes from, how fresh it is, and the runs before it. */
export default function Runs() {
  const may = useMay()
  const status = useQuery(ask.status())
  const id = status.data?.run?.run_id
  const run = useQuery({ ...ask.run(id ?? 0), enabled: id !== undefined })
  const shown = run.data
  const isKnown = !status.isPending && (id === undefined || !run.isPending)
  return (
    <Page
      title="Runs"
      sentence={
        status.data
          ? id === undefined
            ? 'No run is published yet'
            : `Shown is run ${id}, as of ${day(status.data.run?.as_of)}`
          : ' '
      }
      actions={may('runs.write') && <StartRefresh />}
    >
      <Refresh />
      {isKnown ? (
        <>
          {shown && (
            <>
              <Freshness run={shown} />
              <Card title="Where its time went" note={`${lasted(shown)} in all`}>
                <Timings run={shown} />
              </Card>
              {may('model.read') && <Models />}
            </>
          )}
          <History published={shown} />
        </>
      ) : (
        <Waiting rows={3} height={160} gap={16} />
      )}
    </Page>
  )
}

function Freshness({ run }: { run: Run }) {
  const may = useMay()
  const canSeeLoads = may('quality.read')
  const loads = useQuery({ ...ask.batches(1), enabled: canSeeLoads })
  const newest = loads.data?.data.find(batch => batch.state === 'loaded')
  return (
    <Figures>
      <Figure label="Data to" value={run.as_of ? day(lastDay(run.as_of)) : MISSING} note="the last day that counts" />
      <Figure
        label="Published"
        value={day(run.published_at)}
        note={run.published_at && `at ${clock(new Date(run.published_at))}`}
      />
      <Figure label="Customers scored" value={count(run.customers_scored)} />
      <Figure label="It took" value={lasted(run)} />
      {canSeeLoads && (
        <Figure
          label="Newest load"
          value={loads.data && day(newest?.loaded_at)}
          note={newest && (newest.loaded_at > run.started_at ? 'newer than the run: refresh to see it' : 'in this run')}
        />
      )}
    </Figures>
  )
}
