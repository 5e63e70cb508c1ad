import type { ReactNode } from 'react'
import css from './DataTable.module.css'
import { NO_VALUE } from './format'

export interface Column<Row> {
  name: keyof Row & string
  label: string
  numeric?: boolean
  /** Long text that may wrap. */
  wrap?: boolean
  /** A heading longer than its values may wrap. */
  wrapLabel?: boolean
  show?: (row: Row) => ReactNode
}

interface Props<Row> {
  caption: string
  columns: Column<Row>[]
  rows: Row[]
  rowKey?: (row: Row, place: number) => string | number
}

/** A table: text left, numbers right; scrolls sideways on a narrow screen. */
export function DataTable<Row extends object>({ caption, columns, rows, rowKey }: Props<Row>) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className={css.scroll} aria-label={caption} tabIndex={0}>
      <table className={css.table}>
        <caption className="only-read">{caption}</caption>
        <thead>
          <tr>
            {columns.map(column => (
              <th
                key={column.name}
                scope="col"
                data-numeric={column.numeric || undefined}
                data-wrap={column.wrapLabel || undefined}
              >
                {column.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, place) => (
            <tr key={rowKey?.(row, place) ?? place}>
              {columns.map(column => (
                <td key={column.name} data-numeric={column.numeric || undefined} data-wrap={column.wrap || undefined}>
                  {column.show ? column.show(row) : ((row[column.name] as ReactNode) ?? NO_VALUE)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
