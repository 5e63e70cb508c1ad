import { beforeEach, expect, test } from 'vitest'
import {
  asSentence,
  compact,
  country,
  day,
  dayInFigures,
  initials,
  money,
  NO_VALUE,
  parseDay,
  percent,
  plural,
  setLocale,
} from './format'

beforeEach(() => setLocale('en-GB'))

test('money: to the unit in tables, short on cards, exact where asked, plain without a currency', () => {
  expect(money(1234.56, 'GBP')).toBe('£1,235')
  expect(money(288_214, 'GBP', 'short')).toBe('£288.2k')
  expect(money(9_999, 'GBP', 'short')).toBe('£9,999')
  expect(money(187.4, 'GBP', 'exact')).toBe('£187.40')
  expect(money(-19_714, 'EUR')).toBe('-€19,714')
  expect(money(1234, null)).toBe('1,234')
})

test('numbers follow the locale', () => {
  setLocale('de-DE')
  expect(money(1234.5, 'EUR', 'exact').replaceAll(/\s/g, ' ')).toBe('1.234,50 €')
  expect(day('2011-12-09')).toBe('9. Dez. 2011')
})

test('a small probability is not nothing, and nothing is not a small probability', () => {
  expect(percent(0.004)).toBe('<1%')
  expect(percent(0)).toBe('0%')
  expect(percent(0.617)).toBe('62%')
  expect(percent(null)).toBe(NO_VALUE)
})

test('days are days in any time zone', () => {
  expect(day('2011-12-09')).toBe('9 Dec 2011')
  expect(day('2011-01-01')).toBe('1 Jan 2011')
})

test('words around numbers', () => {
  expect(plural(1, 'customer')).toBe('1 customer')
  expect(plural(10_000, 'customer')).toBe('10,000 customers')
  expect(compact(1_050_000)).toBe('1.1m')
  expect(country('DE')).toBe('Germany')
  expect(country('United Kingdom')).toBe('United Kingdom')
  expect(asSentence('last order 7 days ago')).toBe('Last order 7 days ago')
  expect(initials('Marta van der Quill')).toBe('MQ')
})

test('a day is written and read in the order of the locale', () => {
  const written = { 'en-GB': '31/12/2026', 'en-US': '12/31/2026', 'de-DE': '31.12.2026', 'sv-SE': '2026-12-31' }
  for (const [locale, text] of Object.entries(written)) {
    setLocale(locale)
    expect(dayInFigures('2026-12-31')).toBe(text)
    expect(parseDay(text)).toBe('2026-12-31')
    expect(parseDay('2026-2-1')).toBe('2026-02-01')
    expect(parseDay('31/12/26')).toBeNull()
    expect(parseDay('2026-02-30')).toBeNull()
    expect(parseDay('soon')).toBeNull()
  }
})
