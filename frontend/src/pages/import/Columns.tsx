import { Button, NativeSelect, TextInput } from '@mantine/core'
import '@/components/theme/inputs'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, read } from '@/api/client'
import type { FileMapping, Found, ImportKnown, RowsKind } from '@/api/shapes'
import { DataTable } from '@/components/DataTable'
import { MISSING, many, percent } from '@/components/format'
import { Chip } from '@/components/marks'
import { Card } from '@/components/Page'
import { sayProblem } from '@/components/toasts'
import css from './Import.module.css'

interface Props {
  known: ImportKnown
  found: Found
  mapping: FileMapping
  onChanged: (isChanged: boolean) => void
}

const SURE = 0.9
/** Of a file with thousands of columns the first are enough to see what it is. */
const MOST_SHOWN = 200
const ROWS: { value: RowsKind; label: string }[] = [
  { value: 'orders', label: 'a line of an order' },
  { value: 'customers', label: 'a customer' },
  { value: 'products', label: 'a product' },
]
const DATE_ORDERS = [
  { value: '', label: 'as the file shows' },
  { value: 'dmy', label: 'day, month, year' },
  { value: 'mdy', label: 'month, day, year' },
  { value: 'ymd', label: 'year, month, day' },
]
const DECIMALS = [
  { value: '', label: 'as the file shows' },
  { value: '.', label: 'point (1,234.50)' },
  { value: ',', label: 'comma (1.234,50)' },
]

/** What each column means. A change is tried on the whole file before anything can be loaded. */
export function Columns({ known, found, mapping, onChanged }: Props) {
  const queries = useQueryClient()
  const [draft, setDraft] = useState(mapping)
  const isChanged = JSON.stringify(draft) !== JSON.stringify(mapping)
  const attempt = useMutation({
    mutationFn: () =>
      read(
        api.PUT('/api/imports/{import_id}/mapping', { params: { path: { import_id: known.import_id } }, body: draft }),
      ),
    onSuccess: () => onChanged(false),
    onError: sayProblem,
    onSettled: () => queries.invalidateQueries({ queryKey: ['imports'] }),
  })

  function change(part: Partial<FileMapping>) {
    const next = { ...draft, ...part }
    setDraft(next)
    onChanged(JSON.stringify(next) !== JSON.stringify(mapping))
  }

  /** A column has one meaning and a field one column: choosing takes it from where it was. */
  function read_as(header: string, field: string) {
    const others = Object.entries(draft.columns).filter(([name, column]) => name !== field && column !== header)
    change({ columns: Object.fromEntries(field ? [...others, [field, header]] : others) })
  }

  const isUsed = ({ header }: { header: string }) => Object.values(mapping.columns).includes(header)
  const shown = found.columns.filter((column, place) => place < MOST_SHOWN || isUsed(column))
  const hidden = found.columns.length - shown.length
  const fields = found.fields.filter(field => field.rows.includes(draft.rows))
  const meaning = (header: string) => Object.entries(draft.columns).find(([, column]) => column === header)?.[0] ?? ''
  return (
    <Card
      title="What each column means"
      note={[
        'Change what is wrong; the file is then read again from the start',
        hidden > 0 && `${many(hidden, 'further column')} are not used`,
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
              Put back
            </Button>
            <Button loading={attempt.isPending} onClick={() => attempt.mutate()}>
              Read again
            </Button>
          </>
        )
      }
    >
      <div className={css.settings}>
        <TextInput
          label="Source"
          description="Files of the same source belong together"
          value={draft.source}
          maxLength={80}
          onChange={event => change({ source: event.currentTarget.value })}
        />
        <NativeSelect
          label="One row is"
          description="Fields to choose from follow it"
          value={draft.rows}
          data={ROWS}
          onChange={event => change({ rows: event.currentTarget.value as RowsKind })}
        />
        <NativeSelect
          label="Dates are"
          description="Only where the file leaves it open"
          value={draft.date_order ?? ''}
          data={DATE_ORDERS}
          onChange={event => change({ date_order: (event.currentTarget.value || null) as FileMapping['date_order'] })}
        />
        <NativeSelect
          label="Decimal mark"
          description="Only where the file leaves it open"
          value={draft.decimal ?? ''}
          data={DECIMALS}
          onChange={event => change({ decimal: (event.currentTarget.value || null) as FileMapping['decimal'] })}
        />
      </div>
      <DataTable
        caption="Columns of the file"
        rowKey={column => column.header}
        rows={shown}
        columns={[
          { name: 'header', label: 'Column', show: column => <strong>{column.header}</strong> },
          {
            name: 'field',
            label: 'Is read as',
            show: column => (
              <NativeSelect
                className={css.field}
                aria-label={`${column.header} is read as`}
                value={meaning(column.header)}
                onChange={event => read_as(column.header, event.currentTarget.value)}
                data={[
                  { value: '', label: 'not used' },
                  ...fields.map(field => ({ value: field.name, label: field.name })),
                ]}
              />
            ),
          },
          {
            name: 'confidence',
            label: 'Meaning',
            wrap: true,
            show: column => (
              <Meaning
                words={fields.find(field => field.name === meaning(column.header))?.meaning}
                sure={meaning(column.header) === column.field ? column.confidence : null}
              />
            ),
          },
          { name: 'type', label: 'Looks like' },
          { name: 'samples', label: 'For example', show: column => <Samples of={column.samples} /> },
        ]}
      />
    </Card>
  )
}

function Meaning({ words, sure }: { words: string | undefined; sure: number | null }) {
  if (!words) return <span className={css.dim}>{MISSING}</span>
  return (
    <>
      <span className={css.dim}>{words}</span>{' '}
      {sure !== null && sure < SURE && <Chip tone="warn">{percent(sure)} sure</Chip>}
    </>
  )
}

function Samples({ of }: { of: string[] }) {
  return (
    <span className={css.samples}>
      {of.map(sample => (
        <code key={sample}>{sample}</code>
      ))}
    </span>
  )
}
