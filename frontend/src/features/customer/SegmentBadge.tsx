import css from './SegmentBadge.module.css'
import { colourOf, glyphOf } from './segments'

/** A segment's name behind its glyph. The ink is black; only the glyph has colour. */
export function SegmentBadge({ segment }: { segment: string }) {
  return (
    <span className={css.segment}>
      <span aria-hidden className={css.glyph} style={{ color: colourOf(segment) }}>
        {glyphOf(segment)}
      </span>
      <span className={css.words} dir="auto" title={segment}>
        {segment}
      </span>
    </span>
  )
}
