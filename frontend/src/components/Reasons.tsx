import type { Reason } from '@/api/shapes'
import { asSentence } from './format'
import css from './Reasons.module.css'

const isUp = (reason: Reason) => reason.points > 0

/** Why the probability is what it is: what raises it, what lowers it, in the customer's own numbers. */
export function Reasons({ reasons }: { reasons: Reason[] }) {
  if (!reasons.length) return <p className={css.none}>No reasons are stored for this customer.</p>
  return (
    <ul className={css.reasons}>
      {reasons.map(reason => (
        <li key={reason.rank} data-up={isUp(reason)}>
          <span className={css.arrow} aria-hidden>
            {isUp(reason) ? '▲' : '▼'}
          </span>
          <span>
            {asSentence(reason.sentence)}
            <span className={css.points}>
              {' '}
              {isUp(reason) ? 'raises it by' : 'lowers it by'} {Math.abs(Math.round(reason.points))} points
            </span>
          </span>
        </li>
      ))}
    </ul>
  )
}
