/** Reading a page's state from its address: what cannot be understood is left out, never an error. */

type Parse<Value> = (given: unknown) => Value | undefined

export const text: Parse<string> = given =>
  typeof given === 'string' && given !== '' ? given : typeof given === 'number' ? String(given) : undefined
export const number: Parse<number> = given => (typeof given === 'number' && Number.isFinite(given) ? given : undefined)
export const integer: Parse<number> = given => (Number.isSafeInteger(given) ? (given as number) : undefined)
export const isoDay: Parse<string> = given =>
  typeof given === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(given) ? given : undefined

/** An address on this site: one slash, then something that is not another. */
export const localPath: Parse<string> = given =>
  typeof given === 'string' && /^\/(?![/\\])/.test(given) ? given : undefined

export function oneOf<const Value extends string>(values: readonly Value[]): Parse<Value> {
  return given => values.find(value => value === given)
}

type Shape = Record<string, Parse<unknown>>
export type SearchOf<S extends Shape> = { [Key in keyof S]?: S[Key] extends Parse<infer Value> ? Value : never }

/**
 * A function that reads a search of this shape. What is not understood comes back as undefined, not left out: the router
 * lays the answer over what was given, and would hand on the rest unread.
 */
export function searchParser<S extends Shape>(shape: S): (search: Record<string, unknown>) => SearchOf<S> {
  return search => {
    const read = Object.keys(search).map(key => [key, shape[key]?.(search[key])] as const)
    return Object.fromEntries(read) as SearchOf<S>
  }
}

/** An address with what is set of a search. */
export function addressWith(path: string, search: Record<string, string | number | undefined>): string {
  const asked = Object.entries(search).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]]))
  return asked.length ? `${path}?${new URLSearchParams(asked)}` : path
}
