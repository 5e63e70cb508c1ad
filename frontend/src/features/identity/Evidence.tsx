import css from './Identity.module.css'
import type { PairEvidence } from './identity'

const MOST_BITS = 20
const signed = (bits: number) => `${bits > 0 ? '+' : bits < 0 ? '−' : ''}${Math.abs(bits).toFixed(1)}`

/** What each comparison says, in words and as a bar: to the right for the same, to the left for different. */
export function Evidence({ evidence }: { evidence: PairEvidence }) {
  return (
    <div className={css.evidence}>
      <ul className={css.bars} aria-label="Evidence">
        {evidence.evidence.map(part => (
          <li key={part.comparison}>
            <span className={css.sentence}>{part.sentence}</span>
            <Bar bits={part.bits} />
            <span
              className={css.bits}
              data-says={part.says}
              title="Each extra bit makes it twice as likely that they are the same"
            >
              {signed(part.bits)} bits
            </span>
          </li>
        ))}
      </ul>
      <p className={css.dim}>
        <strong>{evidence.summary}</strong> The evidence starts at {signed(evidence.start)} bits, because two random
        records are rarely the same customer. The total is {signed(evidence.weight)} bits.
        {evidence.not_compared.length > 0 &&
          ` Not compared because a value is missing: ${evidence.not_compared.join(', ').toLowerCase()}.`}
      </p>
    </div>
  )
}

function Bar({ bits }: { bits: number }) {
  const width = Math.min(Math.abs(bits) / MOST_BITS, 1) * 50
  return (
    <svg className={css.bar} viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden>
      <rect className={css.ground} width={100} height={8} />
      <rect
        className={css.fill}
        data-says={bits < 0 ? 'different' : 'same'}
        x={bits < 0 ? 50 - width : 50}
        width={width}
        height={8}
      />
      <rect className={css.middle} x={49.7} width={0.6} height={8} />
    </svg>
  )
}
