/** Reads a page's state from the URL: a value that cannot be parsed is ignored, never an error. */

type Parse<Value> = (given: unknown) => Value | undefined

export const text: Parse<string> = given =>
  typeof given === 'string' && given !== '' ? given : typeof given === 'number' ? String(given) : undefined
export const number: Parse<number> = given => (typeof given === 'number' && Number.isFinite(given) ? given : undefined)
export const integer: Parse<number> = given => (Number.isSafeInteger(given) ? (given as number) : undefined)
export const isoDay: Parse<string> = given =>
  typeof given === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(given) ? given : undefined

/** A path on this site: one slash, not followed by another. */
export const localPath: Parse<string> = given =>
  typeof given === 'string' && /^\/(?![/\\])/.test(given) ? given : undefined

export function oneOf<const Value extends string>(values: readonly Value[]): Parse<Value> {
  return given => values.find(value => value === given)
}

type Shape = Record<string, Parse<unknown>>
export type SearchOf<S extends Shape> = { [Key in keyof S]?: S[Key] extends Parse<infer Value> ? Value : never }

/**
 * A parser for a search of this shape. A value it cannot parse is returned as undefined, not omitted: the router merges
 * the result into the raw search, and would keep the raw value.
 */
export function searchParser<S extends Shape>(shape: S): (search: Record<string, unknown>) => SearchOf<S> {
  return search => {
    const read = Object.keys(search).map(key => [key, shape[key]?.(search[key])] as const)
    return Object.fromEntries(read) as SearchOf<S>
  }
}

/** A path with the defined values of a search as its query. */
export function addressWith(path: string, search: Record<string, string | number | undefined>): string {
  const defined = Object.entries(search).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]]))
  return defined.length ? `${path}?${new URLSearchParams(defined)}` : path
}
