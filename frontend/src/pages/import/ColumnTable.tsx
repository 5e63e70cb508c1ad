import { NativeSelect } from '@mantine/core'
import '@/ui/theme/inputs'
import type { Field, FileMapping, Found } from '@/api/shapes'
import { Badge } from '@/ui/Badge'
import { DataTable } from '@/ui/DataTable'
import { asSentence, NO_VALUE, percent } from '@/ui/format'
import css from './Import.module.css'
import { fieldName } from './labels'
import { assignField, fieldOf } from './mapping'

interface Props {
  columns: Found['columns']
  fields: Field[]
  mapped: FileMapping['columns']
  onMap: (columns: FileMapping['columns']) => void
}

/** Below this confidence a proposed field is marked, so that the user looks at it. */
const SURE = 0.9

const TYPES: Record<Found['columns'][number]['type'], string> = {
  number: 'Number',
  date: 'Date',
  text: 'Text',
  empty: 'Empty',
}

/** The columns of the file, each with the field it is imported as. */
export function ColumnTable({ columns, fields, mapped, onMap }: Props) {
  return (
    <DataTable
      caption="Columns of the file"
      rowKey={column => column.header}
      rows={columns}
      columns={[
        { name: 'header', label: 'Column', show: column => <strong>{column.header}</strong> },
        {
          name: 'field',
          label: 'Import as',
          show: column => (
            <NativeSelect
              className={css.field}
              aria-label={`Import ${column.header} as`}
              value={fieldOf(mapped, column.header)}
              onChange={event => onMap(assignField(mapped, column.header, event.currentTarget.value))}
              data={[
                { value: '', label: 'Do not import' },
                ...fields.map(field => ({ value: field.name, label: fieldName(field.name) })),
              ]}
            />
          ),
        },
        {
          name: 'confidence',
          label: 'Meaning',
          wrap: true,
          show: column => {
            const field = fieldOf(mapped, column.header)
            return (
              <Meaning
                meaning={fields.find(({ name }) => name === field)?.meaning}
                confidence={field === column.field ? column.confidence : null}
              />
            )
          },
        },
        { name: 'type', label: 'Type', show: column => TYPES[column.type] },
        { name: 'samples', label: 'Examples', wrap: true, show: column => <Samples samples={column.samples} /> },
      ]}
    />
  )
}

function Meaning({ meaning, confidence }: { meaning: string | undefined; confidence: number | null }) {
  if (!meaning) return <span className={css.dim}>{NO_VALUE}</span>
  return (
    <>
      <span className={css.dim}>{asSentence(meaning)}</span>{' '}
      {confidence !== null && confidence < SURE && <Badge tone="warn">{percent(confidence)} sure</Badge>}
    </>
  )
}

function Samples({ samples }: { samples: string[] }) {
  return (
    <span className={css.samples}>
      {samples.map(sample => (
        <code key={sample}>{sample}</code>
      ))}
    </span>
  )
}
