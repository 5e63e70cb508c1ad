import { Button, Checkbox } from '@mantine/core'
import '@/ui/theme/inputs'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { api, read, toReaderWords } from '@/api/client'
import type { Found, ImportKnown } from '@/api/shapes'
import { asSentence, percent, plural } from '@/ui/format'
import { Page } from '@/ui/Page'
import { showError } from '@/ui/toasts'
import { ColumnMapping } from './ColumnMapping'
import { DiscardButton } from './Discard'
import css from './Import.module.css'
import { Detected, Preview, RejectedLines } from './Inspection'
import { assess } from './mapping'

/** What was detected, what each column means, what would be rejected; then import. */
export function CheckFile({ known, found }: { known: ImportKnown; found: Found }) {
  const queryClient = useQueryClient()
  const [isChanged, setChanged] = useState(false)
  const [hasConsent, setConsent] = useState(false)
  const isUnreadable = known.state === 'unreadable'
  const { valid, rejectedShare, needsConsent, canImport, maxRejected } = assess(found, {
    isUnreadable,
    isChanged,
    hasConsent,
  })
  const commit = useMutation({
    mutationFn: () =>
      read(
        api.POST('/api/imports/{import_id}/commit', {
          params: { path: { import_id: known.import_id } },
          body: { max_rejected: maxRejected, refresh: true },
        }),
      ),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['imports'] }),
    onError: showError,
  })
  return (
    <Page
      title={known.file_name}
      sentence={summarize(found, isUnreadable)}
      actions={
        <>
          <DiscardButton known={known} />
          <Button disabled={!canImport} loading={commit.isPending} onClick={() => commit.mutate()}>
            {isUnreadable ? 'Import' : `Import ${plural(valid, 'line')}`}
          </Button>
        </>
      }
    >
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
      {found.warnings.map(warning => (
        <Notice key={warning} tone="warn" title={asSentence(warning)} />
      ))}
      <Detected found={found} />
      {known.mapping && (
        <ColumnMapping
          key={known.revision}
          known={known}
          found={found}
          mapping={known.mapping}
          onChanged={setChanged}
        />
      )}
      {!isUnreadable && <RejectedLines found={found} />}
      {found.preview.length > 0 && <Preview found={found} />}
    </Page>
  )
}

/** "1,200 lines · 300 orders · 45 customers · no rejected lines". */
function summarize(found: Found, isUnreadable: boolean): string {
  const parts = [
    plural(found.rows, 'line'),
    found.orders !== null && plural(found.orders, 'order'),
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
