import { useQuery } from '@tanstack/react-query'
import { queries } from '@/api/queries'
import type { Run } from '@/api/shapes'
import { usePermissions } from '@/api/useSession'
import { Metric, MetricRow } from '@/features/calculation/Metric'
import { count, day, lastDay, NO_VALUE, timeOfDay } from '@/ui/format'
import { Card, Page } from '@/ui/Page'
import { Loading } from '@/ui/states'
import { History } from './History'
import { ModelsInUse } from './ModelsInUse'
import { RefreshProgress } from './RefreshProgress'
import { StartRefresh } from './StartRefresh'
import { formatDuration, Timings } from './Timings'

/** The published run, how fresh it is, and the runs before it. */
export default function Runs() {
  const can = usePermissions()
  const freshness = useQuery(queries.freshness())
  const id = freshness.data?.run?.run_id
  const run = useQuery({ ...queries.run(id ?? 0), enabled: id !== undefined })
  const shown = run.data
  const isKnown = !freshness.isPending && (id === undefined || !run.isPending)
  return (
    <Page
      title="Updates"
      sentence={
        freshness.data
          ? id === undefined
            ? 'No update has been published yet'
            : `Showing update ${id}, data to ${day(freshness.data.run?.data_to)}`
          : ' '
      }
      actions={can('runs.write') && <StartRefresh />}
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
              {can('model.read') && <ModelsInUse />}
            </>
          )}
          <History published={shown} />
        </>
      ) : (
        <Loading rows={3} height={160} gap={16} />
      )}
    </Page>
  )
}

/** The last day before as_of: the last one whose orders are included. */
function dataTo(as_of: string | null | undefined): string {
  return as_of ? day(lastDay(as_of)) : NO_VALUE
}

function Freshness({ run }: { run: Run }) {
  const can = usePermissions()
  const canSeeImports = can('quality.read')
  const imports = useQuery({ ...queries.batches(1), enabled: canSeeImports })
  const newest = imports.data?.data.find(batch => batch.state === 'loaded')
  return (
    <MetricRow>
      <Metric label="Data to" value={dataTo(run.as_of)} note="Last day included" />
      <Metric
        label="Published"
        value={day(run.published_at)}
        note={run.published_at && `At ${timeOfDay(new Date(run.published_at))}`}
      />
      <Metric label="Customers scored" value={count(run.customers_scored)} />
      <Metric label="Duration" value={formatDuration(run)} />
      {canSeeImports && (
        <Metric
          label="Latest import"
          value={imports.data && day(newest?.loaded_at)}
          note={
            newest &&
            (newest.loaded_at > run.started_at ? 'Not included yet: start an update' : 'Included in this update')
          }
        />
      )}
    </MetricRow>
  )
}
