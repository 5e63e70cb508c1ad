import css from './Change.module.css'
import { percent } from './format'

/** A relative change as arrow, percentage and word, never colour alone, with what it is compared with. */
export function Change({ value, comparedWith }: { value: number; comparedWith: string }) {
  const isUp = value >= 0
  return (
    <>
      <span className={css.change} data-up={isUp}>
        <span aria-hidden>{isUp ? '▲' : '▼'}</span> {percent(Math.abs(value), 1)} {isUp ? 'higher' : 'lower'}
      </span>{' '}
      than {comparedWith}
    </>
  )
}
