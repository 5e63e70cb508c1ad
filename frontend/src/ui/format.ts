/** Numbers, money and days as the reader's locale writes them. Missing values are an en dash, never a zero. */

export const NO_VALUE = '–'

let locale: string | undefined
const formatters = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>()

/** Sets the locale of all pages; undefined is the browser's. */
export function setLocale(next: string | undefined) {
  locale = next || undefined
  formatters.clear()
  countries = undefined
}

function numbers(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = JSON.stringify(options)
  if (!formatters.has(key)) formatters.set(key, new Intl.NumberFormat(locale, options))
  return formatters.get(key) as Intl.NumberFormat
}

function dates(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify(options)
  if (!formatters.has(key)) formatters.set(key, new Intl.DateTimeFormat(locale, options))
  return formatters.get(key) as Intl.DateTimeFormat
}

type Maybe<T> = T | null | undefined

export function count(value: Maybe<number>): string {
  return value == null ? NO_VALUE : numbers({ maximumFractionDigits: 0 }).format(value)
}

export function decimal(value: Maybe<number>, digits = 2): string {
  return value == null
    ? NO_VALUE
    : numbers({ minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value)
}

/** Money to the unit in tables, shortened ("£288.2k") on cards; pence only where asked. */
export function money(
  value: Maybe<number>,
  currency: Maybe<string>,
  style: 'full' | 'short' | 'exact' = 'full',
): string {
  if (value == null) return NO_VALUE
  const digits = style === 'exact' ? 2 : 0
  const size: Intl.NumberFormatOptions =
    style === 'short' && Math.abs(value) >= 10_000
      ? { notation: 'compact', maximumFractionDigits: 1 }
      : { minimumFractionDigits: digits, maximumFractionDigits: digits }
  return numbers({
    ...size,
    ...(currency ? { style: 'currency', currency, currencyDisplay: 'narrowSymbol' } : {}),
  }).format(value)
}

export function compact(value: Maybe<number>): string {
  return value == null ? NO_VALUE : numbers({ notation: 'compact', maximumFractionDigits: 1 }).format(value)
}

/** A share (0 to 1) as a percentage; between 0 and 1 % as "<1%". */
export function percent(value: Maybe<number>, digits = 0): string {
  if (value == null) return NO_VALUE
  if (value > 0 && value < 0.01 && digits === 0) return `<${numbers({ style: 'percent' }).format(0.01)}`
  return numbers({ style: 'percent', minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value)
}

const DAY_MS = 86_400_000

/** Days have no time zone: 2011-12-09 is the ninth everywhere. */
function dayOf(iso: string): Date {
  return new Date(`${iso.slice(0, 10)}T12:00:00Z`)
}

export function day(iso: Maybe<string>): string {
  return iso ? dates({ day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' }).format(dayOf(iso)) : NO_VALUE
}

/** The number of days from one day to another, both included. */
export function daysIn(first: string, last: string): number {
  return Math.round((dayOf(last).getTime() - dayOf(first).getTime()) / DAY_MS) + 1
}

/** The last day of the data: the day before as_of. */
export function lastDay(as_of: string): string {
  return new Date(dayOf(as_of).getTime() - DAY_MS).toISOString().slice(0, 10)
}

export function month(iso: Maybe<string>, style: 'short' | 'long' = 'short'): string {
  return iso
    ? dates({ month: style, year: 'numeric', timeZone: 'UTC' }).format(dayOf(iso.length === 7 ? `${iso}-01` : iso))
    : NO_VALUE
}

/** The names of the twelve months. */
export function monthNames(): string[] {
  const format = dates({ month: 'long', timeZone: 'UTC' })
  return Array.from({ length: 12 }, (_, index) => format.format(new Date(Date.UTC(2024, index, 15))))
}

/** Date and time in the reader's time zone. */
export function dateTime(iso: Maybe<string>): string {
  return iso
    ? dates({ day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' }).format(
        new Date(iso),
      )
    : NO_VALUE
}

export function timeOfDay(at: Date): string {
  return dates({ hour: '2-digit', minute: '2-digit' }).format(at)
}

export function plural(value: number, one: string, more = `${one}s`): string {
  return `${count(value)} ${Math.round(value) === 1 ? one : more}`
}

let countries: Intl.DisplayNames | undefined

/** The name of a country given as ISO code; any other text is returned as it is. */
export function country(value: Maybe<string>): string {
  if (!value) return NO_VALUE
  countries ??= new Intl.DisplayNames(locale, { type: 'region', fallback: 'code' })
  return /^[A-Z]{2}$/.test(value) ? (countries.of(value) ?? value) : value
}

/** Capitalises a sentence from the models. */
export function asSentence(text: string): string {
  return text.charAt(0).toLocaleUpperCase(locale) + text.slice(1)
}

/** The initials of a name, two letters. */
export function initials(name: Maybe<string>): string {
  const words = (name ?? '').trim().split(/\s+/).filter(Boolean)
  return ((words[0]?.[0] ?? '?') + (words.length > 1 ? (words.at(-1)?.[0] ?? '') : '')).toUpperCase()
}

/** The ISO date some days from today. */
export function inDays(days: number): string {
  const at = new Date()
  at.setDate(at.getDate() + days)
  return [at.getFullYear(), String(at.getMonth() + 1).padStart(2, '0'), String(at.getDate()).padStart(2, '0')].join('-')
}

/** A name of the API's as words, where nothing better is known. */
export function humanize(name: string): string {
  const words = name.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

const IN_FIGURES: Intl.DateTimeFormatOptions = { day: '2-digit', month: '2-digit', year: 'numeric', timeZone: 'UTC' }

/** A day in figures, as the reader's locale writes it: "31/12/2026", "12/31/2026", "31.12.2026". */
export function dayInFigures(iso: Maybe<string>): string {
  return iso ? dates(IN_FIGURES).format(dayOf(iso)) : ''
}

/** The ISO day that a reader wrote in the order of their locale, or as 2026-12-31; null when it is no day. */
export function parseDay(text: string): string | null {
  const figures = text.match(/\d+/g) ?? []
  if (figures.length !== 3) return null
  const order = /^\s*\d{4}\D/.test(text)
    ? ['year', 'month', 'day']
    : (dates(IN_FIGURES) as Intl.DateTimeFormat)
        .formatToParts(dayOf('2026-12-31'))
        .map(part => part.type)
        .filter(type => ['year', 'month', 'day'].includes(type))
  const part = (name: string) => figures[order.indexOf(name)] ?? ''
  if (part('year').length !== 4) return null
  const iso = `${part('year')}-${part('month').padStart(2, '0')}-${part('day').padStart(2, '0')}`
  const at = new Date(`${iso}T12:00:00Z`)
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(iso) ? iso : null
}
