import type { ReactNode } from 'react'
import css from './Badge.module.css'

/** A short word on a coloured ground. */
export function Badge({
  tone = 'plain',
  children,
}: {
  tone?: 'plain' | 'good' | 'bad' | 'warn' | 'brand'
  children: ReactNode
}) {
  return (
    <span className={css.chip} data-tone={tone}>
      {children}
    </span>
  )
}
