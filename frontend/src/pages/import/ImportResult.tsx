import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { ask } from '@/api/questions'
import type { Batch, ImportKnown } from '@/api/shapes'
import { Figure, Figures } from '@/components/Figure'
import { Faced } from '@/components/faces'
import { count, moment } from '@/components/format'
import { Card, Page } from '@/components/Page'
import { useMay } from '@/components/signedIn'
import css from './Import.module.css'
import { ImportAnother } from './ImportAnother'
import { RejectsDownload } from './RejectsDownload'
import { UndoImport } from './UndoImport'

/** The result of one import: every line read is imported, unchanged or rejected. */
export function ImportResult({ known }: { known: ImportKnown }) {
  const may = useMay()
  const [isUndoing, setUndoing] = useState(false)
  const query = useQuery(ask.batches(1, 100))
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
          {batch?.state === 'loaded' && may('imports.undo') && (
            <Button variant="default" onClick={() => setUndoing(true)}>
              Undo
            </Button>
          )}
          <ImportAnother />
        </>
      }
    >
      <Figures>
        <Figure label="Lines read" value={count(loaded + unchanged + rejected)} note="total" />
        <Figure label="Imported" value={count(loaded)} note="new or changed" />
        <Figure label="Unchanged" value={count(unchanged)} note="identical to existing" />
        <Figure
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
      </Figures>
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
          <Faced query={query}>{() => batch && <Changes batch={batch} />}</Faced>
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
  if (batch?.state === 'undone') return <>Undone {moment(batch.undone_at)}: the data is as it was before this import</>
  return (
    <>
      Imported {moment(known.job?.finished_at)} as import {known.batch_id}
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
