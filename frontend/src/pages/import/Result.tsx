import { Button } from '@mantine/core'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { Batch, ImportJob } from '@/api/shapes'
import { Figure, Figures } from '@/components/Figure'
import { count, many, moment } from '@/components/format'
import { Card, Page } from '@/components/Page'
import { useMay } from '@/components/signedIn'
import { AnotherFile } from './AnotherFile'
import css from './Import.module.css'
import { Rejects, RejectsButton } from './Rejects'
import { Undo } from './Undo'

const route = getRouteApi('/shell/import')

/** What one load did: every line that was read is loaded, unchanged or rejected. */
export function Result({ job, batch }: { job: ImportJob; batch: Batch }) {
  const may = useMay()
  const { batch: opened } = route.useSearch()
  const [isUndoing, setUndoing] = useState(false)
  const isUndone = batch.state === 'undone'
  return (
    <Page
      title={job.file_name}
      sentence={
        isUndone
          ? `Undone ${moment(batch.undone_at)}: everything is as it was before`
          : `Loaded ${moment(batch.loaded_at)} as load ${batch.batch_id} of ${batch.source}`
      }
      actions={
        <>
          {!isUndone && may('imports.undo') && (
            <Button variant="default" onClick={() => setUndoing(true)}>
              Undo
            </Button>
          )}
          <AnotherFile />
        </>
      }
    >
      <Figures>
        <Figure label="Lines read" value={count(batch.lines_read)} note="is the sum of" />
        <Figure label="Loaded" value={count(batch.lines_loaded)} note="new or changed" />
        <Figure label="Unchanged" value={count(batch.lines_unchanged)} note="known already, word for word" />
        <Figure
          label="Rejected"
          value={count(batch.lines_rejected)}
          note={batch.lines_rejected > 0 && <RejectsButton batch={batch}>see which, and why</RejectsButton>}
        />
      </Figures>
      <Card title="What changed">
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
      </Card>
      {!isUndone && (
        <Card title="Next">
          <p className={css.next}>
            Lists and figures show {many(batch.lines_loaded, 'line')} more as soon as a run is published.{' '}
            <Link to="/runs">{may('runs.write') ? 'Start a refresh' : 'See the runs'}</Link>
          </p>
        </Card>
      )}
      {opened === batch.batch_id && <Rejects batch={batch} />}
      {isUndoing && <Undo batch={batch} onClose={() => setUndoing(false)} />}
    </Page>
  )
}
