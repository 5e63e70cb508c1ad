import type { ChurnState, CustomerRow } from '@/api/shapes'
import { Badge } from '@/ui/Badge'
import css from './scores.module.css'

/** The three digits, each as tall as its score. */
export function RfmScore({ r, f, m }: Pick<CustomerRow, 'r' | 'f' | 'm'>) {
  return (
    <span className={css.rfm} role="img" aria-label={`R ${r}, F ${f}, M ${m}`}>
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

export function ChurnBadge({ state }: { state: string | null | undefined }) {
  if (!state || !(state in CHURN)) return <span className={css.none}>–</span>
  return (
    <Badge tone={CHURN[state as ChurnState].tone}>
      <span aria-hidden>{CHURN[state as ChurnState].glyph}</span> {state}
    </Badge>
  )
}

/** A probability as a bar under its number; the bar is decoration, the number is the content. */
export function ProbabilityBar({ value, children }: { value: number | null; children: React.ReactNode }) {
  return (
    <span className={css.likelihood}>
      {children}
      <span className={css.track} aria-hidden>
        <span className={css.fill} style={{ width: `${Math.round((value ?? 0) * 100)}%` }} />
      </span>
    </span>
  )
}
