import { Button } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, read } from '@/api/client'
import type { FileMapping, Found, ImportKnown } from '@/api/shapes'
import { plural } from '@/ui/format'
import { Card } from '@/ui/Page'
import { showError } from '@/ui/toasts'
import { ColumnTable } from './ColumnTable'
import { FormatSettings } from './FormatSettings'
import { columnsToShow, isSameMapping } from './mapping'

interface Props {
  known: ImportKnown
  found: Found
  mapping: FileMapping
  onChanged: (isChanged: boolean) => void
}

/** What each column means. After a change the whole file is checked again before it can be imported. */
export function ColumnMapping({ known, found, mapping, onChanged }: Props) {
  const queryClient = useQueryClient()
  const [draft, setDraft] = useState(mapping)
  const isChanged = !isSameMapping(draft, mapping)
  const check = useMutation({
    mutationFn: () =>
      read(
        api.PUT('/api/imports/{import_id}/mapping', { params: { path: { import_id: known.import_id } }, body: draft }),
      ),
    onSuccess: () => onChanged(false),
    onError: showError,
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['imports'] }),
  })

  function change(part: Partial<FileMapping>) {
    const next = { ...draft, ...part }
    setDraft(next)
    onChanged(!isSameMapping(next, mapping))
  }

  const shown = columnsToShow(found, mapping)
  const hidden = found.columns.length - shown.length
  return (
    <Card
      title="What each column means"
      note={[
        'Correct what is wrong; the file is then checked again',
        hidden > 0 && `${plural(hidden, 'more column')} not shown and not imported`,
      ]
        .filter(Boolean)
        .join('. ')}
      flush
      actions={
        isChanged && (
          <>
            <Button
              variant="default"
              onClick={() => {
                setDraft(mapping)
                onChanged(false)
              }}
            >
              Reset
            </Button>
            <Button loading={check.isPending} onClick={() => check.mutate()}>
              Check again
            </Button>
          </>
        )
      }
    >
      <FormatSettings found={found} draft={draft} onChange={change} />
      <ColumnTable
        columns={shown}
        fields={found.fields.filter(field => field.rows.includes(draft.rows))}
        mapped={draft.columns}
        onMap={columns => change({ columns })}
      />
    </Card>
  )
}
