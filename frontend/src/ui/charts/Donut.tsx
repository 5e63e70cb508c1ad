import css from './Donut.module.css'

export interface Slice {
  name: string
  value: number
  colour: string
  /** A symbol that tells the slice apart without its colour. */
  glyph?: string
}

interface Props {
  slices: Slice[]
  middle: string
  under: string
  label: string
  onPick?: (name: string) => void
  picked?: string
}

const RADIUS = 42
const ROUND = 2 * Math.PI * RADIUS
const GAP = 0.8
/** Smaller slices have no space for a symbol. */
const SMALLEST_MARKED = 0.03

/** Shares of a whole. The list next to it has the names and numbers; colours only repeat them. */
export function Donut({ slices, middle, under, label, onPick, picked }: Props) {
  const total = slices.reduce((sum, slice) => sum + slice.value, 0) || 1
  const gap = slices.length > 1 ? GAP : 0
  let before = 0
  return (
    <svg viewBox="0 0 100 100" className={css.donut} role="img" aria-label={label}>
      <g transform="rotate(-90 50 50)">
        {slices.map(slice => {
          const length = (slice.value / total) * ROUND
          const at = before
          before += length
          return (
            // biome-ignore lint/a11y/noStaticElementInteractions: the list next to the ring has the same links
            <circle
              key={slice.name}
              cx="50"
              cy="50"
              r={RADIUS}
              className={css.slice}
              data-dim={(picked && picked !== slice.name) || undefined}
              data-pick={onPick ? true : undefined}
              stroke={slice.colour}
              strokeDasharray={`${Math.max(0, length - gap)} ${ROUND}`}
              strokeDashoffset={-at}
              onClick={onPick && (() => onPick(slice.name))}
            >
              <title>{slice.name}</title>
            </circle>
          )
        })}
      </g>
      {slices.map((slice, place) => {
        const share = slice.value / total
        if (!slice.glyph || share < SMALLEST_MARKED) return null
        const earlier = slices.slice(0, place).reduce((sum, each) => sum + each.value, 0) / total
        const turn = 2 * Math.PI * (earlier + share / 2)
        return (
          <text
            key={slice.name}
            aria-hidden
            className={css.glyph}
            x={50 + RADIUS * Math.sin(turn)}
            y={50 - RADIUS * Math.cos(turn)}
          >
            {slice.glyph}
          </text>
        )
      })}
      <text x="50" y="50" className={css.middle}>
        {middle}
      </text>
      <text x="50" y="60" className={css.under}>
        {under}
      </text>
    </svg>
  )
}
