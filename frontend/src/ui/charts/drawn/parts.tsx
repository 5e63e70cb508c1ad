import type { ReactNode } from 'react'
import css from './parts.module.css'

/** Shared settings, so that all charts look alike. */
export const AXIS = {
  stroke: 'var(--line-strong)',
  tick: { fill: 'var(--dim)', fontSize: 12 },
  tickLine: false,
} as const

export const GRID = { stroke: 'var(--line)', vertical: false } as const
export const MARGIN = { top: 8, right: 12, bottom: 0, left: 0 }
export const STILL = { isAnimationActive: false } as const

const LONGEST_NAME = 19

/** The name of a horizontal bar on one line; the full name is in the title, the table and the tooltip. */
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

/** The tooltip of a chart, for its `content`. */
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
