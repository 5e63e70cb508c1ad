import type { ChurnState, CustomerRow } from '@/api/shapes'
import { Badge } from '@/ui/Badge'
import { NO_VALUE } from '@/ui/format'
import css from './scores.module.css'

/** The three RFM digits, each shaded by its score. */
export function RfmScore({ r, f, m }: Pick<CustomerRow, 'r' | 'f' | 'm'>) {
  return (
    <span className={css.rfm} role="img" aria-label={`Recency ${r}, frequency ${f}, monetary ${m}`}>
      {[r, f, m].map((score, place) => (
        <span key={'rfm'[place]} className={css.digit} data-score={score}>
          {score}
        </span>
      ))}
    </span>
  )
}

const CHURN: Record<ChurnState, { glyph: string; tone: 'good' | 'warn' | 'bad' }> = {
  'likely to stay': { glyph: '▲', tone: 'good' },
  unsure: { glyph: '◆', tone: 'warn' },
  'at risk': { glyph: '▼', tone: 'bad' },
}

/** The churn risk in words, with a symbol so that colour is never the only sign. */
export function ChurnBadge({ state }: { state: string | null | undefined }) {
  if (!state || !(state in CHURN)) return <span className={css.none}>{NO_VALUE}</span>
  return (
    <Badge tone={CHURN[state as ChurnState].tone}>
      <span aria-hidden>{CHURN[state as ChurnState].glyph}</span> {state}
    </Badge>
  )
}

/** A probability as a bar under its number; the bar is decoration, the number is the content. */
export function ProbabilityBar({ value, children }: { value: number | null; children: React.ReactNode }) {
  return (
    <span className={css.probability}>
      {children}
      <span className={css.track} aria-hidden>
        <span className={css.fill} style={{ width: `${Math.round((value ?? 0) * 100)}%` }} />
      </span>
    </span>
  )
}
