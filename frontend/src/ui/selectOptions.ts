/** Options of a filter: all, then the names. A value from the URL is an option before the names are loaded. */
export function selectOptions(
  all: string,
  names: string[] | undefined,
  now: string | undefined,
  called = (name: string) => name,
) {
  const known = names ?? []
  const list = now && !known.includes(now) ? [now, ...known] : known
  return [{ value: '', label: all }, ...list.map(name => ({ value: name, label: called(name) }))]
}
