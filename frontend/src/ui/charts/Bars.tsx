import { type KeyboardEvent, type PointerEvent, useState } from 'react'
import { compact } from '@/ui/format'
import css from './Bars.module.css'
import { placeBars, type Side } from './placeBars'
import { Tip, type TipRow } from './Tip'
import { useSize } from './useSize'

export interface BarsProps<Row> {
  rows: Row[]
  /** What a bar is called under the axis. */
  name: (row: Row) => string
  value: (row: Row) => number
  /** A second, lighter bar next to it. */
  compared?: (row: Row) => number | null
  colour?: (row: Row) => string
  /** A symbol in front of the name, so that the colour is not needed to tell bars apart. */
  glyph?: (row: Row) => string
  axis?: (value: number) => string
  tips: (row: Row) => TipRow[]
  title?: (row: Row) => string
  /** Dashed lines at bars, by name. */
  marks?: { at: string; label: string }[]
  /** Notes at bars, by name: a triangle above the bar, the text in its tooltip. */
  notes?: { at: string; text: string }[]
  onPick?: (row: Row) => void
  touching?: boolean
  /** Bars lie down and names stand on the left. */
  lying?: boolean
}

/** The colour of what the bars are compared with. */
export const COMPARED = 'color-mix(in srgb, var(--dim) 45%, var(--card))'

/** Bars, upright or lying, in plain SVG: pages that show only these load no drawing library. */
export function Bars<Row extends object>(props: BarsProps<Row>) {
  const [frame, size] = useSize<HTMLDivElement>()
  return (
    <div ref={frame} className={css.frame}>
      {size && <Drawing {...props} width={size.width} height={size.height} />}
    </div>
  )
}

const NEXT: Record<string, number> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }

function Drawing<Row extends object>(props: BarsProps<Row> & { width: number; height: number }) {
  const {
    rows,
    name,
    value,
    compared,
    colour,
    glyph,
    axis = compact,
    tips,
    title = name,
    onPick,
    lying,
    touching,
  } = props
  const { width, height, marks = [], notes = [] } = props
  const [at, setAt] = useState<number | null>(null)
  const names = rows.map(name)
  const layout = placeBars({
    values: rows.map(value),
    compared: compared && rows.map(compared),
    width,
    height,
    lying,
    touching,
    hasMarks: marks.length > 0,
  })
  const { plot, bars, labelled } = layout
  const pointed = at === null ? undefined : rows[at]
  const notesAt = (place: number) => notes.filter(note => note.at === names[place])

  function point(event: PointerEvent<SVGSVGElement>) {
    const box = event.currentTarget.getBoundingClientRect()
    const along = lying ? event.clientY - box.top - plot.top : event.clientX - box.left - plot.left
    const place = Math.floor(along / layout.band)
    setAt(place >= 0 && place < rows.length ? place : null)
  }
  function move(event: KeyboardEvent) {
    const step = NEXT[event.key]
    if (step) {
      event.preventDefault()
      setAt(now => (now === null ? (step > 0 ? 0 : rows.length - 1) : (now + step + rows.length) % rows.length))
    } else if (event.key === 'Escape') setAt(null)
    else if (event.key === 'Enter' && pointed) onPick?.(pointed)
  }

  return (
    <>
      <svg
        width={width}
        height={height}
        className={css.drawing}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys read the bars one by one
        tabIndex={0}
        role="application"
        aria-label="Bar chart, arrow keys read the bars"
        data-pick={onPick ? true : undefined}
        onPointerMove={point}
        onPointerLeave={() => setAt(null)}
        onBlur={() => setAt(null)}
        onKeyDown={move}
        onClick={() => pointed && onPick?.(pointed)}
      >
        <Axis layout={layout} lying={lying} axis={axis} />
        {at !== null && <rect className={css.pointed} {...layout.slots[at]} />}
        {layout.compared.map((bar, place) => bar && <rect key={names[place]} {...bar} rx={2} fill={COMPARED} />)}
        {bars.map((bar, place) => (
          <rect
            key={names[place]}
            {...bar}
            rx={touching ? 0 : Math.min(4, bar.width / 2, bar.height / 2)}
            fill={rows[place] && colour ? colour(rows[place]) : 'var(--brand)'}
          />
        ))}
        {rows.map((row, place) =>
          labelled.has(place) ? (
            <Name
              key={names[place]}
              name={names[place] ?? ''}
              glyph={glyph?.(row)}
              colour={colour?.(row)}
              x={lying ? plot.left - 8 : layout.middle(place)}
              y={lying ? layout.middle(place) : height - 4}
              lying={lying}
            />
          ) : null,
        )}
        {stackMarks(marks, names, layout.middle).map(mark => (
          <g key={mark.label}>
            <line className={css.mark} x1={mark.x} x2={mark.x} y1={plot.top} y2={plot.bottom} />
            <text className={css.markLabel} x={mark.x} y={12} textAnchor={mark.x > width - 40 ? 'end' : 'middle'}>
              {mark.label}
            </text>
          </g>
        ))}
        {rows.map((_, place) =>
          notesAt(place).length ? (
            <path key={names[place]} className={css.note} d={`M${layout.middle(place) - 5} ${plot.top - 8}h10l-5 8z`} />
          ) : null,
        )}
      </svg>
      {at !== null && pointed && (
        <div className={css.tip} style={layout.tip(at)} role="status">
          <Tip
            title={title(pointed)}
            rows={[...tips(pointed), ...notesAt(at).map(note => ({ label: 'Note', value: note.text }))]}
          />
        </div>
      )}
    </>
  )
}

function Axis({ layout, lying, axis }: { layout: Side; lying?: boolean; axis: (value: number) => string }) {
  const { plot, ticks, at } = layout
  return (
    <g>
      {ticks.map(tick => (
        <g key={tick}>
          <line
            className={css.grid}
            {...(lying
              ? { x1: at(tick), x2: at(tick), y1: plot.top, y2: plot.bottom }
              : { x1: plot.left, x2: plot.right, y1: at(tick), y2: at(tick) })}
          />
          <text
            className={css.label}
            x={lying ? at(tick) : plot.left - 8}
            y={lying ? plot.bottom + 16 : at(tick)}
            dy={lying ? 0 : '0.35em'}
            textAnchor={lying ? 'middle' : 'end'}
          >
            {axis(tick)}
          </text>
        </g>
      ))}
      <line
        className={css.axis}
        {...(lying
          ? { x1: at(0), x2: at(0), y1: plot.top, y2: plot.bottom }
          : { x1: plot.left, x2: plot.right, y1: at(0), y2: at(0) })}
      />
    </g>
  )
}

const LONGEST_NAME = 18

/** The name of a bar on one line; the whole name is in its title, the table and the tooltip. */
function Name({
  name,
  glyph,
  colour,
  x,
  y,
  lying,
}: {
  name: string
  glyph?: string
  colour?: string
  x: number
  y: number
  lying?: boolean
}) {
  const letters = [...name]
  const short =
    letters.length > LONGEST_NAME && lying
      ? `${letters
          .slice(0, LONGEST_NAME - 1)
          .join('')
          .trimEnd()}…`
      : name
  return (
    <text className={css.label} x={x} y={y} dy={lying ? '0.35em' : 0} textAnchor={lying ? 'end' : 'middle'}>
      <title>{name}</title>
      {glyph && <tspan fill={colour}>{glyph} </tspan>}
      {short}
    </text>
  )
}

/** Where the dashed lines stand; those at the same bar share one label, so that labels never cover each other. */
function stackMarks(
  marks: { at: string; label: string }[],
  names: string[],
  middle: (place: number) => number,
): { x: number; label: string }[] {
  const stacked: { x: number; label: string }[] = []
  for (const mark of marks) {
    const place = names.indexOf(mark.at)
    if (place < 0) continue
    const x = middle(place)
    const near = stacked.find(each => Math.abs(each.x - x) < 14)
    if (near) near.label += `, ${mark.label}`
    else stacked.push({ x, label: mark.label })
  }
  return stacked
}
