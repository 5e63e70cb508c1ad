import type { Found, ImportKnown } from '@/api/shapes'
import { Empty } from '@/components/faces'
import { asSentence, count, moment } from '@/components/format'
import { Card, Page } from '@/components/Page'
import { Working } from '@/components/Working'
import { CheckFile } from './CheckFile'
import { DiscardButton, useDiscard } from './Discard'
import { ImportAnother } from './ImportAnother'
import { ImportResult } from './ImportResult'

/** One uploaded file; its state decides what is shown. */
export function ImportSteps({ known }: { known: ImportKnown }) {
  if (known.state === 'loaded') return <ImportResult known={known} />
  const isBusy = known.state === 'inspecting' || known.state === 'loading'
  if (!isBusy && known.found?.columns) return <CheckFile known={known} found={known.found as Found} />
  return (
    <Page
      title={known.file_name}
      sentence={`Uploaded ${moment(known.received_at)}`}
      actions={!isBusy && <DiscardButton known={known} />}
    >
      <Card>
        {isBusy ? (
          <ImportProgress known={known} />
        ) : (
          <Empty title={known.problem ?? 'This file could not be read.'} action={<ImportAnother />}>
            {known.remedy} Nothing was imported.
          </Empty>
        )}
      </Card>
    </Page>
  )
}

function ImportProgress({ known }: { known: ImportKnown }) {
  const discard = useDiscard(known)
  const { step, done, total } = known.job ?? { step: null, done: null, total: null }
  const isKnown = done !== null && total !== null && total > 0
  return (
    <Working
      title={known.state === 'loading' ? 'Importing' : 'Reading the file'}
      note={
        step === null
          ? 'Waiting to start'
          : [asSentence(step), isKnown && `${count(done)} of ${count(total)}`].filter(Boolean).join(': ')
      }
      share={isKnown ? done / total : null}
      onCancel={() => discard.mutate()}
      isCancelling={discard.isPending}
    />
  )
}
