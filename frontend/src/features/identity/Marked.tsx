import css from './Identity.module.css'

/** A text in which the characters that the other text does not have are marked. */
export function Marked({ text, other }: { text: string; other: string | null | undefined }) {
  if (!other || text === other) return <>{text}</>
  return (
    <>
      {markDifferences(text, other).map(({ part, differs }, place) =>
        differs ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text have no other key
          <mark key={place} className={css.mark}>
            {part}
          </mark>
        ) : (
          part
        ),
      )}
    </>
  )
}

const LONGEST = 200

/** The parts of a text, and whether they are missing from the other text; upper and lower case are the same. */
export function markDifferences(text: string, other: string): { part: string; differs: boolean }[] {
  const [one, two] = [[...text.slice(0, LONGEST)], [...other.slice(0, LONGEST)]]
  const kept = commonCharacters(
    one.map(each => each.toLowerCase()),
    two.map(each => each.toLowerCase()),
  )
  const parts: { part: string; differs: boolean }[] = []
  for (const [place, character] of one.entries()) {
    const differs = !kept.has(place)
    const last = parts.at(-1)
    if (last && last.differs === differs) last.part += character
    else parts.push({ part: character, differs })
  }
  return parts
}

/** The places in `one` of the longest common subsequence of both. */
function commonCharacters(one: string[], two: string[]): Set<number> {
  const length = Array.from({ length: one.length + 1 }, () => new Array<number>(two.length + 1).fill(0))
  const at = (row: number, column: number) => length[row]?.[column] ?? 0
  for (let row = one.length - 1; row >= 0; row--) {
    for (let column = two.length - 1; column >= 0; column--) {
      const cells = length[row]
      if (cells)
        cells[column] =
          one[row] === two[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1))
    }
  }
  const kept = new Set<number>()
  for (let row = 0, column = 0; row < one.length && column < two.length; ) {
    if (one[row] === two[column]) {
      kept.add(row)
      row++
      column++
    } else if (at(row + 1, column) >= at(row, column + 1)) row++
    else column++
  }
  return kept
}
