import type { ReactNode } from 'react'
import css from './Tip.module.css'

export interface TipRow {
  label: string
  value: ReactNode
}

/** What a chart says about the place under the pointer. */
export function Tip({ title, rows }: { title: ReactNode; rows: TipRow[] }) {
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
