import { toReaderWords } from '@/api/client'
import type { Found, ImportKnown } from '@/api/shapes'
import { asSentence, count, dateTime } from '@/ui/format'
import { Card, Page } from '@/ui/Page'
import { Progress } from '@/ui/Progress'
import { EmptyState } from '@/ui/states'
import { CheckFile } from './CheckFile'
import { DiscardButton, useDiscard } from './Discard'
import { ImportAnother } from './ImportAnother'
import { ImportResult } from './ImportResult'

/** One uploaded file; its state decides what is shown. */
export function ImportSteps({ known }: { known: ImportKnown }) {
  if (known.state === 'loaded') return <ImportResult known={known} />
  const isBusy = known.state === 'inspecting' || known.state === 'loading'
  if (!isBusy && known.found?.columns) {
    const found = { questions: [], left_out: [], money: [], label: null, ...known.found } as Found
    return <CheckFile key={known.revision} known={known} found={found} />
  }
  return (
    <Page
      title={known.file_name}
      sentence={`Uploaded ${dateTime(known.received_at)}`}
      actions={!isBusy && <DiscardButton known={known} />}
    >
      <Card>
        {isBusy ? (
          <ImportProgress known={known} />
        ) : (
          <EmptyState title={toReaderWords(known.problem) ?? 'This file could not be read.'} action={<ImportAnother />}>
            {toReaderWords(known.remedy)} Nothing was imported.
          </EmptyState>
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
    <Progress
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
