/** What a filter offers: all, then the names; one set in the address stands there before the names are known. */
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
