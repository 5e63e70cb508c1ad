/** How segments look: each of the eleven has a symbol and a colour of its own. */

interface Look {
  glyph: string
  /** The part of its colour's name after --seg-. */
  colour: string
}

const LOOKS: Record<string, Look> = {
  Champions: { glyph: '★', colour: 'champions' },
  Loyal: { glyph: '●', colour: 'loyal' },
  'Cannot Lose': { glyph: '◆', colour: 'cannot-lose' },
  'At-Risk': { glyph: '◇', colour: 'at-risk' },
  New: { glyph: '✚', colour: 'new' },
  'Potential Loyalist': { glyph: '▲', colour: 'potential' },
  'Needs Attention': { glyph: '■', colour: 'attention' },
  'About to Sleep': { glyph: '◐', colour: 'sleep' },
  'Lapsed Big Spenders': { glyph: '▼', colour: 'lapsed' },
  Hibernating: { glyph: '▽', colour: 'hibernating' },
  Lost: { glyph: '○', colour: 'lost' },
}
const OTHER: Look = { glyph: '□', colour: 'lost' }

/** The symbol of a segment; one with a name of the user's own has an empty square. */
export function glyphOf(segment: string): string {
  return (LOOKS[segment] ?? OTHER).glyph
}

/** The colour of a segment, as CSS; one with a name of the user's own is grey. */
export function colourOf(segment: string): string {
  return `var(--seg-${(LOOKS[segment] ?? OTHER).colour})`
}
