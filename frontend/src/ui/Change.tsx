import css from './Change.module.css'
import { change } from './format'

/** A change with sign, arrow and word: never colour alone; and what it is a change on. */
export function Change({ value, on }: { value: number; on: string }) {
  const isUp = value >= 0
  return (
    <>
      <span className={css.change} data-up={isUp}>
        <span aria-hidden>{isUp ? '▲' : '▼'}</span> {change(value)} {isUp ? 'up' : 'down'}
      </span>{' '}
      on {on}
    </>
  )
}
