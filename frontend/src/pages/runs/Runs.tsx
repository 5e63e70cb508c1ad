import { useQuery } from '@tanstack/react-query'
import { ask } from '@/api/questions'
import type { Run } from '@/api/shapes'
import { Figure, Figures } from '@/components/Figure'
import { Waiting } from '@/components/faces'
import { clock, count, day, lastDay, MISSING } from '@/components/format'
import { Card, Page } from '@/components/Page'
import { useMay } from '@/components/signedIn'
import { History } from './History'
import { ModelsInUse } from './ModelsInUse'
import { RefreshProgress } from './RefreshProgress'
import { StartRefresh } from './StartRefresh'
import { formatDuration, Timings } from './Timings'

/** The published run, how fresh it is, and the runs before it. */
export default function Runs() {
  const may = useMay()
  const status = useQuery(ask.status())
  const id = status.data?.run?.run_id
  const run = useQuery({ ...ask.run(id ?? 0), enabled: id !== undefined })
  const shown = run.data
  const isKnown = !status.isPending && (id === undefined || !run.isPending)
  return (
    <Page
      title="Updates"
      sentence={
        status.data
          ? id === undefined
            ? 'No update has been published yet'
            : `Showing update ${id}, data to ${dataTo(status.data.run?.as_of)}`
          : ' '
      }
      actions={may('runs.write') && <StartRefresh />}
    >
      <RefreshProgress />
      {isKnown ? (
        <>
          {shown && (
            <>
              <Freshness run={shown} />
              <Card title="Duration by step" note={`${formatDuration(shown)} in total`}>
                <Timings run={shown} />
              </Card>
              {may('model.read') && <ModelsInUse />}
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

/** The last day before as_of: the last one whose orders are included. */
function dataTo(as_of: string | null | undefined): string {
  return as_of ? day(lastDay(as_of)) : MISSING
}

function Freshness({ run }: { run: Run }) {
  const may = useMay()
  const canSeeImports = may('quality.read')
  const imports = useQuery({ ...ask.batches(1), enabled: canSeeImports })
  const newest = imports.data?.data.find(batch => batch.state === 'loaded')
  return (
    <Figures>
      <Figure label="Data to" value={dataTo(run.as_of)} note="Last day included" />
      <Figure
        label="Published"
        value={day(run.published_at)}
        note={run.published_at && `At ${clock(new Date(run.published_at))}`}
      />
      <Figure label="Customers scored" value={count(run.customers_scored)} />
      <Figure label="Duration" value={formatDuration(run)} />
      {canSeeImports && (
        <Figure
          label="Latest import"
          value={imports.data && day(newest?.loaded_at)}
          note={
            newest &&
            (newest.loaded_at > run.started_at ? 'Not included yet: start an update' : 'Included in this update')
          }
        />
      )}
    </Figures>
  )
}
