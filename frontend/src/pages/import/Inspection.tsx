import type { CellValue, FileMapping, Found } from '@/api/shapes'
import { DataTable } from '@/ui/DataTable'
import { asSentence, count, dateTime, day, NO_VALUE, plural } from '@/ui/format'
import { Card } from '@/ui/Page'
import css from './Import.module.css'
import { encodingName, FILE_KINDS, fieldName, SEPARATORS, withReadableDates } from './labels'
import { isUsed } from './mapping'
import { countLeftOut, nameUnused, sayLines } from './outcome'

/** The format of the file, and the evidence for it. */
export function Detected({ found, mapping }: { found: Found; mapping: FileMapping | null }) {
  const { delimiter, header_line, sheet, table } = found.dialect
  const file = [
    FILE_KINDS[found.kind] ?? found.kind,
    found.compression && `compressed (${found.compression})`,
    found.encoding && `encoding ${encodingName(found.encoding)}`,
    delimiter && `separator: ${SEPARATORS[delimiter] ?? delimiter}`,
    found.line_ending && `line endings ${found.line_ending}`,
    header_line && `column names on line ${header_line}`,
    sheet && `sheet ${sheet}`,
    table && `table ${table}`,
  ]
  const numbers = [
    found.decimal && `decimal ${found.decimal === ',' ? 'comma' : 'point'}`,
    found.thousands && `thousands separator: ${SEPARATORS[found.thousands] ?? found.thousands}`,
    found.currency && `currency ${found.currency}`,
  ]
  const unused = mapping && nameUnused(found, header => isUsed(mapping, header))
  return (
    <Card title="What we detected">
      <dl className={css.facts}>
        <dt>File</dt>
        <dd>{file.filter(Boolean).join(', ')}</dd>
        {Object.entries(found.date_evidence).map(([field, evidence]) => (
          <div key={field} className={css.fact}>
            <dt>{fieldName(field)}</dt>
            <dd>{withReadableDates(evidence)}</dd>
          </div>
        ))}
        <dt>Numbers</dt>
        <dd>{asSentence(numbers.filter(Boolean).join(', ')) || NO_VALUE}</dd>
        <dt>Format</dt>
        <dd>
          {found.label ? (
            <>
              Recognised as <strong>{found.label}</strong>
            </>
          ) : found.format === 'mapped' ? (
            'Not a known format: mapped by column names'
          ) : (
            found.format
          )}
        </dd>
        {unused && (
          <>
            <dt>Not imported</dt>
            <dd>{unused}</dd>
          </>
        )}
      </dl>
    </Card>
  )
}

/** Lines that would be rejected, by reason, with examples. */
export function RejectedLines({ found }: { found: Found }) {
  return (
    <Card
      title="Rejected lines"
      note={
        found.rejected
          ? `${plural(found.rejected, 'line')} of ${count(found.rows - countLeftOut(found))} would be rejected; all others are imported. You can download the rejected lines afterwards`
          : 'None: every line can be imported'
      }
      flush
    >
      {found.rejects.length > 0 && (
        <DataTable
          caption="Rejected lines by reason"
          rowKey={row => row.reason}
          rows={found.rejects}
          columns={[
            { name: 'reason', label: 'Reason', wrap: true, show: row => asSentence(row.reason) },
            { name: 'lines', label: 'Lines', numeric: true, show: row => count(row.lines) },
            { name: 'examples', label: 'Examples', wrap: true, show: row => <Examples of={row.examples} /> },
          ]}
        />
      )}
    </Card>
  )
}

const WHY: Record<Found['left_out'][number]['kind'], string> = {
  layout: 'Part of the layout, not an order line',
  rule: 'Not a sale',
}

/** Rows that are neither imported nor rejected, by reason; nothing where there are none. */
export function LeftOut({ found }: { found: Found }) {
  if (!found.left_out.length) return null
  return (
    <Card
      title="Left out"
      note={`${plural(countLeftOut(found), 'row')} of ${count(found.rows)}: they are no sales and are not counted as rejected`}
      flush
    >
      <DataTable
        caption="Rows left out by reason"
        rowKey={row => `${row.kind} ${row.reason}`}
        rows={found.left_out}
        columns={[
          { name: 'reason', label: 'Reason', wrap: true, show: row => asSentence(row.reason) },
          { name: 'kind', label: 'Why', wrap: true, show: row => <span className={css.dim}>{WHY[row.kind]}</span> },
          { name: 'rows', label: 'Rows', numeric: true, show: row => count(row.rows) },
          { name: 'lines', label: 'On lines', wrap: true, show: sayLines },
        ]}
      />
    </Card>
  )
}

function Examples({ of }: { of: Found['rejects'][number]['examples'] }) {
  return (
    <ul className={css.examples}>
      {of.map(([line, column, value]) => (
        <li key={`${line} ${column}`}>
          <span className={css.dim}>
            line {line}
            {column && `, ${column}`}:
          </span>{' '}
          {value ? <code>{value}</code> : <em>empty</em>}
        </li>
      ))}
    </ul>
  )
}

/** The first rows as they would be imported. */
export function Preview({ found }: { found: Found }) {
  const rows = found.preview
  const dates = new Set(found.fields.filter(field => field.kind === 'time').map(field => field.name))
  return (
    <Card title="Preview" note={`The first ${plural(rows.length, 'row')} as they would be imported`} flush>
      <DataTable<Record<string, CellValue>>
        caption="Preview"
        rows={rows}
        columns={Object.keys(rows[0] ?? {}).map(name => ({
          name,
          label: fieldName(name),
          numeric: rows.every(row => row[name] === null || typeof row[name] === 'number'),
          show: row => previewCell(row[name], dates.has(name)),
        }))}
      />
    </Card>
  )
}

const MIDNIGHT = /T00:00(:00)?/

/** A value of the preview; dates as the reader's locale writes them, with their time unless it is midnight. */
function previewCell(value: CellValue | undefined, isDate: boolean): string {
  if (value === null || value === undefined) return NO_VALUE
  if (!isDate || typeof value !== 'string') return String(value)
  return value.length <= 10 || MIDNIGHT.test(value.replace(' ', 'T')) ? day(value) : dateTime(value)
}
