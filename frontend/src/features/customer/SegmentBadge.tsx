import css from './SegmentBadge.module.css'
import { colourOf, glyphOf } from './segments'

/** A segment's name after its symbol. Only the symbol is coloured. */
export function SegmentBadge({ segment }: { segment: string }) {
  return (
    <span className={css.segment}>
      <span aria-hidden className={css.glyph} style={{ color: colourOf(segment) }}>
        {glyphOf(segment)}
      </span>
      <span className={css.name} dir="auto" title={segment}>
        {segment}
      </span>
    </span>
  )
}
