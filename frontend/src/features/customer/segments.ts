/** How segments look: eleven names in five families, each family with a symbol and a colour. */

export type Family = 'champions' | 'loyal' | 'promising' | 'at-risk' | 'lost'

const FAMILIES: Record<string, Family> = {
  Champions: 'champions',
  Loyal: 'loyal',
  'Potential Loyalist': 'promising',
  Promising: 'promising',
  New: 'promising',
  'Cannot Lose': 'at-risk',
  'At-Risk': 'at-risk',
  'Needs Attention': 'at-risk',
  'About to Sleep': 'at-risk',
  'Lapsed Big Spenders': 'lost',
  Hibernating: 'lost',
  Lost: 'lost',
}

const GLYPHS: Record<Family, string> = { champions: '★', loyal: '●', promising: '▲', 'at-risk': '◆', lost: '○' }

/** The family of a segment; a segment with a name of the user's own is grey. */
export function familyOf(segment: string): Family {
  return FAMILIES[segment] ?? 'lost'
}

export function glyphOf(segment: string): string {
  return segment in FAMILIES ? GLYPHS[familyOf(segment)] : '■'
}

export function colourOf(segment: string): string {
  return `var(--seg-${familyOf(segment)})`
}
