import type { Reason } from '@/api/shapes'
import { asSentence, plural } from '@/ui/format'
import css from './Reasons.module.css'

/** What the points of a reason mean; stands with the title of every list of them. */
export const REASONS_NOTE = 'Points: how far the probability would move if only this were as usual. They do not add up.'

const raisesIt = (reason: Reason) => reason.points > 0

export function describeEffect(points: number): string {
  const size = Math.abs(Math.round(points))
  return `${size ? plural(size, 'point') : 'less than a point'} ${points > 0 ? 'lower' : 'higher'} without it`
}

/** Why the probability is what it is: what raises it, what lowers it, in the customer's own numbers. */
export function Reasons({ reasons }: { reasons: Reason[] }) {
  if (!reasons.length) return <p className={css.none}>No reasons are stored for this customer.</p>
  return (
    <ul className={css.reasons}>
      {reasons.map(reason => (
        <li key={reason.rank} data-up={raisesIt(reason)}>
          <span className={css.arrow}>
            <span aria-hidden>{raisesIt(reason) ? '▲' : '▼'}</span>
            <span className="only-read">{raisesIt(reason) ? 'Raises it:' : 'Lowers it:'}</span>
          </span>
          <span>
            {asSentence(reason.sentence)}
            <span className={css.points}> · {describeEffect(reason.points)}</span>
          </span>
        </li>
      ))}
    </ul>
  )
}
