import { expect, test } from 'vitest'
import type { FileMapping, Found } from '@/api/shapes'
import { encodingName, withReadableDates } from './labels'
import { assess, assignField, columnsToShow, fieldOf } from './mapping'

const COLUMNS = { order_key: 'Invoice', customer_key: 'Client' }

test('a column takes its new field from the column that had it, and gives up its old one', () => {
  expect(assignField(COLUMNS, 'Client', 'order_key')).toEqual({ order_key: 'Client' })
  expect(assignField(COLUMNS, 'Date', 'ordered_at')).toEqual({ ...COLUMNS, ordered_at: 'Date' })
  expect(assignField(COLUMNS, 'Client', '')).toEqual({ order_key: 'Invoice' })
})

test('a column that is not mapped has no field', () => {
  expect(fieldOf(COLUMNS, 'Client')).toBe('customer_key')
  expect(fieldOf(COLUMNS, 'Date')).toBe('')
})

test('a mapped column is listed however far back it stands', () => {
  const columns = Array.from({ length: 300 }, (_, index) => ({ header: `c${index}` })) as Found['columns']
  const shown = columnsToShow({ columns }, { columns: { sku: 'c250' } } as unknown as FileMapping)
  expect(shown).toHaveLength(201)
  expect(shown.at(-1)?.header).toBe('c250')
})

const READY = { isUnreadable: false, isChanged: false, hasConsent: false }

test('2% of rejected lines need no consent, more do', () => {
  expect(assess({ rows: 100, rejected: 2, left_out: [] }, READY)).toMatchObject({
    canImport: true,
    needsConsent: false,
    maxRejected: 2,
  })
  const many = assess({ rows: 100, rejected: 3, left_out: [] }, READY)
  expect(many).toMatchObject({ valid: 97, needsConsent: true, canImport: false, maxRejected: 100 })
  expect(assess({ rows: 100, rejected: 3, left_out: [] }, { ...READY, hasConsent: true }).canImport).toBe(true)
})

test('nothing is imported while the mapping is being changed, from an unreadable file, or without a valid line', () => {
  expect(assess({ rows: 100, rejected: 0, left_out: [] }, { ...READY, isChanged: true }).canImport).toBe(false)
  expect(assess({ rows: 100, rejected: 0, left_out: [] }, { ...READY, isUnreadable: true }).canImport).toBe(false)
  expect(assess({ rows: 2, rejected: 2, left_out: [] }, { ...READY, hasConsent: true }).canImport).toBe(false)
  expect(assess({ rows: 0, rejected: 0, left_out: [] }, READY).canImport).toBe(false)
})

test('formats and encodings are written as people know them', () => {
  expect(withReadableDates('%d.%m.%Y %H:%M: 31 can only be a day')).toBe('DD.MM.YYYY hh:mm: 31 can only be a day')
  expect(encodingName('cp1252')).toBe('Windows-1252')
  expect(encodingName('UTF-8')).toBe('UTF-8')
  expect(encodingName('cp850')).toBe('CP850')
})
