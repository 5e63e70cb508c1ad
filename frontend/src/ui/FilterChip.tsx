import { IconX } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import css from './FilterChip.module.css'

/** A filter that is on; a click removes it. */
export function FilterChip({ onRemove, children }: { onRemove: () => void; children: ReactNode }) {
  return (
    <button type="button" className={css.chip} onClick={onRemove}>
      {children}
      <IconX size={12} aria-hidden />
      <span className="only-read">, remove this filter</span>
    </button>
  )
}
