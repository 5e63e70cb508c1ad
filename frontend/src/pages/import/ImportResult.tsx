import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { queries } from '@/api/queries'
import type { Batch, ImportKnown } from '@/api/shapes'
import { usePermissions } from '@/api/useSession'
import { Metric, MetricRow } from '@/features/calculation/Metric'
import { count, dateTime } from '@/ui/format'
import { Card, Page } from '@/ui/Page'
import { QueryState } from '@/ui/states'
import css from './Import.module.css'
import { ImportAnother } from './ImportAnother'
import { RejectsDownload } from './RejectsDownload'
import { UndoImport } from './UndoImport'

/** The result of one import: every line read is imported, unchanged or rejected. */
export function ImportResult({ known }: { known: ImportKnown }) {
  const can = usePermissions()
  const [isUndoing, setUndoing] = useState(false)
  const query = useQuery(queries.batches(1, 100))
  const batch = query.data?.data.find(row => row.batch_id === known.batch_id)
  const total = (name: string) => Number(known.job?.result[name] ?? 0)
  const [loaded, unchanged, rejected] = [total('lines_loaded'), total('lines_unchanged'), total('lines_rejected')]
  const warnings = (known.job?.result.warnings ?? []) as string[]
  return (
    <Page
      title={known.file_name}
      sentence={<Outcome known={known} batch={batch} />}
      actions={
        <>
          {batch?.state === 'loaded' && can('imports.undo') && (
            <Button variant="default" onClick={() => setUndoing(true)}>
              Undo
            </Button>
          )}
          <ImportAnother />
        </>
      }
    >
      <MetricRow>
        <Metric label="Lines read" value={count(loaded + unchanged + rejected)} note="total" />
        <Metric label="Imported" value={count(loaded)} note="new or changed" />
        <Metric label="Unchanged" value={count(unchanged)} note="identical to existing" />
        <Metric
          label="Rejected"
          value={count(rejected)}
          note={
            rejected > 0 &&
            known.batch_id !== null && (
              <RejectsDownload batchId={known.batch_id} lines={rejected}>
                Download with reasons
              </RejectsDownload>
            )
          }
        />
      </MetricRow>
      {warnings.length > 0 && (
        <Card title="Notes">
          {warnings.map(warning => (
            <p key={warning} className={css.next}>
              {warning}
            </p>
          ))}
        </Card>
      )}
      {known.batch_id !== null && (
        <Card title="What changed">
          <QueryState query={query}>{() => batch && <Changes batch={batch} />}</QueryState>
        </Card>
      )}
      {loaded > 0 && batch?.state !== 'undone' && (
        <Card title="Next">
          <p className={css.next}>
            An update recalculates all scores; lists and figures change when it is complete.{' '}
            <Link to="/runs">See updates</Link>
          </p>
        </Card>
      )}
      {isUndoing && batch && <UndoImport batch={batch} onClose={() => setUndoing(false)} />}
    </Page>
  )
}

function Outcome({ known, batch }: { known: ImportKnown; batch: Batch | undefined }) {
  if (known.batch_id === null) return <>No changes: every line is identical to existing data</>
  if (batch?.state === 'undone')
    return <>Undone {dateTime(batch.undone_at)}: the data is as it was before this import</>
  return (
    <>
      Imported {dateTime(known.job?.finished_at)} as import {known.batch_id}
      {batch && `, source: ${batch.source}`}
    </>
  )
}

function Changes({ batch }: { batch: Batch }) {
  return (
    <dl className={css.facts}>
      <dt>Orders</dt>
      <dd>
        {count(batch.orders_new)} new, {count(batch.orders_replaced)} replaced
      </dd>
      <dt>Customers</dt>
      <dd>
        {count(batch.customers_new)} new, {count(batch.customers_changed)} changed
      </dd>
      <dt>Products</dt>
      <dd>
        {count(batch.products_new)} new, {count(batch.products_changed)} changed
      </dd>
    </dl>
  )
}
