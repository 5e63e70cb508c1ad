import type { ReactNode } from 'react'
import css from './parts.module.css'

/** What all charts share, so that they look like one hand drew them. */
export const AXIS = {
  stroke: 'var(--line-strong)',
  tick: { fill: 'var(--dim)', fontSize: 12 },
  tickLine: false,
} as const

export const GRID = { stroke: 'var(--line)', vertical: false } as const
export const MARGIN = { top: 8, right: 12, bottom: 0, left: 0 }
export const STILL = { isAnimationActive: false } as const

const LONGEST_NAME = 19

/** The name of a lying bar, on one line; what does not fit is told by the pointer, the table and the box. */
export function NameTick({ x, y, payload }: { x?: number | string; y?: number | string; payload?: { value: string } }) {
  const name = payload?.value ?? ''
  const letters = [...name]
  return (
    <text x={x} y={y} dy="0.35em" textAnchor="end" fill="var(--dim)" fontSize={12}>
      <title>{name}</title>
      {letters.length > LONGEST_NAME
        ? `${letters
            .slice(0, LONGEST_NAME - 1)
            .join('')
            .trimEnd()}…`
        : name}
    </text>
  )
}

export interface TipRow {
  label: string
  value: ReactNode
}

interface Pointed {
  active?: boolean
  payload?: readonly { payload?: unknown }[]
}

/** The box beside the cursor, for a chart's `content`. */
export function tip<Row>(title: (row: Row) => ReactNode, rows: (row: Row) => TipRow[]) {
  return ({ active, payload }: Pointed) => {
    const row = payload?.[0]?.payload as Row | undefined
    return active && row ? <Tip title={title(row)} rows={rows(row)} /> : null
  }
}

function Tip({ title, rows }: { title: ReactNode; rows: TipRow[] }) {
  return (
    <div className={css.tip}>
      <strong>{title}</strong>
      {rows.map(each => (
        <div key={each.label}>
          <span>{each.label}</span>
          <span>{each.value}</span>
        </div>
      ))}
    </div>
  )
}
