import type { Reason } from '@/api/shapes'
import { asSentence, plural } from '@/ui/format'
import css from './Reasons.module.css'

/** What the points mean; shown with every list of reasons. */
export const REASONS_NOTE =
  'Effect on the chance to order in percentage points, compared with a typical customer. Effects overlap.'

const raisesIt = (reason: Reason) => reason.points > 0

export function describeEffect(points: number): string {
  const size = Math.abs(Math.round(points))
  return `${points > 0 ? 'adds' : 'subtracts'} ${size ? plural(size, 'point') : 'less than 1 point'}`
}

/** What raises and what lowers the chance to order, in the customer's own numbers. */
export function Reasons({ reasons }: { reasons: Reason[] }) {
  if (!reasons.length) return <p className={css.none}>No reasons for this customer.</p>
  return (
    <ul className={css.reasons}>
      {reasons.map(reason => (
        <li key={reason.rank} data-up={raisesIt(reason)}>
          <span className={css.arrow}>
            <span aria-hidden>{raisesIt(reason) ? '▲' : '▼'}</span>
            <span className="only-read">
              {raisesIt(reason) ? 'Raises the chance to order:' : 'Lowers the chance to order:'}
            </span>
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
