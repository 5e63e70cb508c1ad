import css from './Change.module.css'
import { change } from './format'

/** A change with sign, arrow and word: never colour alone. */
export function Change({ value }: { value: number }) {
  const isUp = value >= 0
  return (
    <span className={css.change} data-up={isUp}>
      <span aria-hidden>{isUp ? '▲' : '▼'}</span> {change(value)} {isUp ? 'up' : 'down'}
    </span>
  )
}
