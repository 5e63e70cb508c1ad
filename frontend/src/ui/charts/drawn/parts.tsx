import type { ReactNode } from 'react'
import { Tip, type TipRow } from '@/ui/charts/Tip'

/** Shared settings, so that all charts look alike. */
export const AXIS = {
  stroke: 'var(--line-strong)',
  tick: { fill: 'var(--dim)', fontSize: 12 },
  tickLine: false,
} as const

export const GRID = { stroke: 'var(--line)', vertical: false } as const
export const MARGIN = { top: 8, right: 12, bottom: 0, left: 0 }
export const STILL = { isAnimationActive: false } as const

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
