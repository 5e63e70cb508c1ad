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
