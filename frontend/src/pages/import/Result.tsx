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
import { AnotherFile } from './AnotherFile'
import css from './Import.module.css'
import { RejectsButton } from './Rejects'
import { Undo } from './Undo'

/** What one load did: every line that was read is loaded, unchanged or rejected. */
export function Result({ known }: { known: ImportKnown }) {
  const may = useMay()
  const [isUndoing, setUndoing] = useState(false)
  const query = useQuery(ask.batches(1, 100))
  const batch = query.data?.data.find(each => each.batch_id === known.batch_id)
  const counted = (name: string) => Number(known.job?.result[name] ?? 0)
  const [loaded, unchanged, rejected] = [counted('lines_loaded'), counted('lines_unchanged'), counted('lines_rejected')]
  const warnings = (known.job?.result.warnings ?? []) as string[]
  return (
    <Page
      title={known.file_name}
      sentence={<Said known={known} batch={batch} />}
      actions={
        <>
          {batch?.state === 'loaded' && may('imports.undo') && (
            <Button variant="default" onClick={() => setUndoing(true)}>
              Undo
            </Button>
          )}
          <AnotherFile />
        </>
      }
    >
      <Figures>
        <Figure label="Lines read" value={count(loaded + unchanged + rejected)} note="is the sum of" />
        <Figure label="Loaded" value={count(loaded)} note="new or changed" />
        <Figure label="Unchanged" value={count(unchanged)} note="known already, word for word" />
        <Figure
          label="Rejected"
          value={count(rejected)}
          note={
            rejected > 0 &&
            known.batch_id !== null && (
              <RejectsButton batchId={known.batch_id} lines={rejected}>
                which, and why
              </RejectsButton>
            )
          }
        />
      </Figures>
      {warnings.length > 0 && (
        <Card title="To know">
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
            A refresh scores everything anew; lists and figures change when its run is published.{' '}
            <Link to="/runs">See the runs</Link>
          </p>
        </Card>
      )}
      {isUndoing && batch && <Undo batch={batch} onClose={() => setUndoing(false)} />}
    </Page>
  )
}

function Said({ known, batch }: { known: ImportKnown; batch: Batch | undefined }) {
  if (known.batch_id === null) return <>Nothing new in it: every line was known already</>
  if (batch?.state === 'undone') return <>Undone {moment(batch.undone_at)}: everything is as it was before</>
  return (
    <>
      Loaded {moment(known.job?.finished_at)} as load {known.batch_id}
      {batch && ` of ${batch.source}`}
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
