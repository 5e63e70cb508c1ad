/** Tables as CSV: raw numbers, quoted where needed, and no cell that a spreadsheet would take for a formula. */

const FORMULA = /^[\s]*[=+\-@\t\r＝＋－＠]/

export function csvCell(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number') return String(value)
  const text = String(value)
  const safe = FORMULA.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe
}

export function toCsv<Row extends object>(columns: { name: keyof Row & string; label: string }[], rows: Row[]): string {
  const lines = [
    columns.map(column => csvCell(column.label)),
    ...rows.map(row => columns.map(column => csvCell(row[column.name]))),
  ]
  return `${lines.map(line => line.join(',')).join('\r\n')}\r\n`
}

/** Hands a file to the browser. */
export function saveFile(content: Blob, name: string) {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(content)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
