import type { CellValue, Found } from '@/api/shapes'
import { DataTable } from '@/components/DataTable'
import { count, MISSING, many } from '@/components/format'
import { Card } from '@/components/Page'
import css from './Import.module.css'

const BETWEEN: Record<string, string> = {
  ',': 'commas',
  ';': 'semicolons',
  '\t': 'tabs',
  '|': 'bars',
  ':': 'colons',
  ' ': 'blanks',
}
const KINDS: Record<string, string> = { text: 'Text', workbook: 'Excel workbook', parquet: 'Parquet', sqlite: 'SQLite' }

/** How the file is written, and how we know. */
export function Saw({ found }: { found: Found }) {
  const { delimiter, header_line, sheet, table } = found.dialect
  const file = [
    KINDS[found.kind] ?? found.kind,
    found.compression && `packed as ${found.compression}`,
    found.encoding,
    delimiter && `cells between ${BETWEEN[delimiter] ?? delimiter}`,
    found.line_ending && `lines end in ${found.line_ending}`,
    header_line && `names on line ${header_line}`,
    sheet && `sheet ${sheet}`,
    table && `table ${table}`,
  ]
  const numbers = [
    found.decimal && `${found.decimal === ',' ? 'a comma' : 'a point'} before the decimals`,
    found.thousands && `thousands apart by ${found.thousands === ' ' ? 'a blank' : found.thousands}`,
    found.currency && `in ${found.currency}`,
  ]
  return (
    <Card title="What we saw">
      <dl className={css.facts}>
        <dt>File</dt>
        <dd>{file.filter(Boolean).join(', ')}</dd>
        {Object.entries(found.date_evidence).map(([field, evidence]) => (
          <div key={field} className={css.fact}>
            <dt>Dates of {field}</dt>
            <dd>{evidence}</dd>
          </div>
        ))}
        <dt>Numbers</dt>
        <dd>{numbers.filter(Boolean).join(', ') || MISSING}</dd>
        <dt>Read as</dt>
        <dd>{found.profile === 'mapped' ? 'a file we have not seen before, by its column names' : found.profile}</dd>
      </dl>
    </Card>
  )
}

/** What would stay outside, by reason, with the first lines of each. */
export function Rejects({ found }: { found: Found }) {
  return (
    <Card
      title="What would be rejected"
      note={
        found.rejected
          ? `${many(found.rejected, 'line')} of ${count(found.rows)}; everything else is loaded, and the list of rejects is kept`
          : 'Nothing: every line can be loaded'
      }
      flush
    >
      {found.rejects.length > 0 && (
        <DataTable
          caption="Rejects by reason"
          rowKey={row => row.reason}
          rows={found.rejects}
          columns={[
            { name: 'reason', label: 'Why', wrap: true },
            { name: 'lines', label: 'Lines', numeric: true, show: row => count(row.lines) },
            { name: 'examples', label: 'For example', wrap: true, show: row => <Examples of={row.examples} /> },
          ]}
        />
      )}
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

/** The first rows as they would be loaded, under their canonical names. */
export function Preview({ rows }: { rows: Record<string, CellValue>[] }) {
  return (
    <Card title="Preview" note={`The first ${many(rows.length, 'row')}, as they would be loaded`} flush>
      <DataTable<Record<string, CellValue>>
        caption="Preview"
        rows={rows}
        columns={Object.keys(rows[0] ?? {}).map(name => ({
          name,
          label: name,
          numeric: rows.every(row => row[name] === null || typeof row[name] === 'number'),
          show: row => String(row[name] ?? MISSING),
        }))}
      />
    </Card>
  )
}
