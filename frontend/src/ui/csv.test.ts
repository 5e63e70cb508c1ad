import { expect, test } from 'vitest'
import { csvCell, toCsv } from './csv'

test('numbers stay raw, words are quoted only where they must be', () => {
  expect(csvCell(1234.5)).toBe('1234.5')
  expect(csvCell(-3)).toBe('-3')
  expect(csvCell(null)).toBe('')
  expect(csvCell('Smith, "Bob"')).toBe('"Smith, ""Bob"""')
})

test.each(['=1+1', '+1', '-1', '@x', '\t=1', '\r=1', ' =1', '＝1'])('%j is no formula', text => {
  expect(csvCell(text).replaceAll('"', '').startsWith("'")).toBe(true)
})

test('a table has its labels first and ends its lines as spreadsheets do', () => {
  expect(toCsv([{ name: 'a', label: 'A' }], [{ a: 1 }, { a: null }])).toBe('A\r\n1\r\n\r\n')
})
