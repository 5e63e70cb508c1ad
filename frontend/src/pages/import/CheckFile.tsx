import { Button, Checkbox } from '@mantine/core'
import '@/ui/theme/inputs'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { api, read, toReaderWords } from '@/api/client'
import type { FileMapping, Found, ImportKnown } from '@/api/shapes'
import { asSentence, count, percent, plural } from '@/ui/format'
import { Page } from '@/ui/Page'
import { showError } from '@/ui/toasts'
import { Answers } from './Answers'
import { ColumnMapping } from './ColumnMapping'
import { DiscardButton } from './Discard'
import css from './Import.module.css'
import { Detected, LeftOut, Preview, RejectedLines } from './Inspection'
import { assess, isSameMapping } from './mapping'
import { sayMoney } from './outcome'
import { Questions } from './Questions'

const MOST_NOTES = 3

/** What was detected, what each column means, what would be rejected; then import. */
export function CheckFile({ known, found }: { known: ImportKnown; found: Found }) {
  const queryClient = useQueryClient()
  const [draft, setDraft] = useState(known.mapping)
  const isChanged = draft !== null && known.mapping !== null && !isSameMapping(draft, known.mapping)
  const [hasConsent, setConsent] = useState(false)
  const isOpen = found.questions.length > 0
  const isUnreadable = known.state === 'unreadable' && !isOpen
  const { valid, rejectedShare, needsConsent, canImport, maxRejected } = assess(found, {
    isUnreadable: isUnreadable || isOpen,
    isChanged,
    hasConsent,
  })
  const refetch = () => queryClient.invalidateQueries({ queryKey: ['imports'] })
  const check = useMutation({
    mutationFn: (body: FileMapping) =>
      read(api.PUT('/api/imports/{import_id}/mapping', { params: { path: { import_id: known.import_id } }, body })),
    onError: showError,
    onSettled: refetch,
  })
  const commit = useMutation({
    mutationFn: () =>
      read(
        api.POST('/api/imports/{import_id}/commit', {
          params: { path: { import_id: known.import_id } },
          body: { max_rejected: maxRejected, refresh: true },
        }),
      ),
    onSettled: refetch,
    onError: showError,
  })
  return (
    <Page
      title={known.file_name}
      sentence={summarize(found, isUnreadable)}
      actions={
        <>
          {isOpen && (
            <span id="why-not" className={css.whyNot}>
              Answer the questions first
            </span>
          )}
          <DiscardButton known={known} />
          <Button
            disabled={!canImport}
            aria-describedby={isOpen ? 'why-not' : undefined}
            loading={commit.isPending}
            onClick={() => commit.mutate()}
          >
            {isUnreadable ? 'Import' : `Import ${plural(valid, 'line')}`}
          </Button>
        </>
      }
    >
      {found.money.length > 0 && (
        <p className={css.money}>
          {isOpen && <span className={css.dim}>With the likely answers: </span>}
          {sayMoney(found.money)}
        </p>
      )}
      {isOpen && draft && (
        <Questions
          questions={found.questions}
          mapping={draft}
          isChecking={check.isPending}
          onAnswer={answered => check.mutate(answered)}
        />
      )}
      {known.mapping && (
        <Answers
          mapping={known.mapping}
          words={found.status_words}
          isChecking={check.isPending}
          onChange={answers => check.mutate(answers)}
        />
      )}
      {known.problem && (
        <Notice tone="bad" title={toReaderWords(known.problem) ?? 'This file cannot be imported as it is.'}>
          {isUnreadable
            ? 'Choose below what each column means, then check the file again.'
            : toReaderWords(known.remedy)}
        </Notice>
      )}
      {needsConsent && !isUnreadable && (
        <Notice tone="warn" title={`${percent(rejectedShare)} of the lines would be rejected`}>
          This often means that a column is mapped to the wrong field.
          <Checkbox
            mt={8}
            checked={hasConsent}
            onChange={event => setConsent(event.currentTarget.checked)}
            label="Import the valid lines anyway"
          />
        </Notice>
      )}
      <Notes notes={found.warnings} />
      <Detected found={found} mapping={draft} />
      {known.mapping && draft && (
        <ColumnMapping
          found={found}
          mapping={known.mapping}
          draft={draft}
          onChange={setDraft}
          isChecking={check.isPending}
          onCheck={() => check.mutate(draft)}
        />
      )}
      {!isUnreadable && <RejectedLines found={found} />}
      <LeftOut found={found} />
      {found.preview.length > 0 && <Preview found={found} />}
    </Page>
  )
}

/** What to know about the file; the first notes where there are many. */
function Notes({ notes }: { notes: string[] }) {
  const [isAll, setAll] = useState(false)
  const shown = isAll ? notes : notes.slice(0, MOST_NOTES)
  return (
    <>
      {shown.map(note => (
        <Notice key={note} tone="warn" title={asSentence(note)} />
      ))}
      {shown.length < notes.length && (
        <div>
          <Button variant="default" onClick={() => setAll(true)}>
            Show all notes ({count(notes.length)})
          </Button>
        </div>
      )}
    </>
  )
}

/** "2 questions to answer · 1,200 lines · 300 orders · 45 customers · no rejected lines". */
function summarize(found: Found, isUnreadable: boolean): string {
  const parts = [
    found.questions.length > 0 && `${plural(found.questions.length, 'question')} to answer`,
    plural(found.rows, 'line'),
    found.orders !== null && !found.money.length && plural(found.orders, 'order'),
    found.customers !== null && plural(found.customers, 'customer'),
    found.products !== null && plural(found.products, 'product'),
    !isUnreadable && (found.rejected ? plural(found.rejected, 'rejected line') : 'no rejected lines'),
  ]
  return parts.filter(Boolean).join(' · ')
}

function Notice({ tone, title, children }: { tone: 'bad' | 'warn'; title: string; children?: ReactNode }) {
  return (
    <div className={css.notice} data-tone={tone} role={tone === 'bad' ? 'alert' : 'note'}>
      <strong>{title}</strong>
      {children && <div className={css.more}>{children}</div>}
    </div>
  )
}
