import type { ChurnState, CustomerRow } from '@/api/shapes'
import css from './marks.module.css'

/** The three digits, each as tall as its score. */
export function Rfm({ r, f, m }: Pick<CustomerRow, 'r' | 'f' | 'm'>) {
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

const CHURN: Record<ChurnState, { glyph: string; tone: string }> = {
  'likely to stay': { glyph: '▲', tone: 'good' },
  unsure: { glyph: '◆', tone: 'warn' },
  'at risk': { glyph: '▼', tone: 'bad' },
}

export function Churn({ state }: { state: string | null | undefined }) {
  if (!state || !(state in CHURN)) return <span className={css.none}>–</span>
  return (
    <span className={css.chip} data-tone={CHURN[state as ChurnState].tone}>
      <span aria-hidden>{CHURN[state as ChurnState].glyph}</span> {state}
    </span>
  )
}

export function Chip({
  tone = 'plain',
  children,
}: {
  tone?: 'plain' | 'good' | 'bad' | 'warn' | 'brand'
  children: React.ReactNode
}) {
  return (
    <span className={css.chip} data-tone={tone}>
      {children}
    </span>
  )
}

/** A probability as a bar under its number; the bar is decoration, the number is the content. */
export function Likelihood({ value, children }: { value: number | null; children: React.ReactNode }) {
  return (
    <span className={css.likelihood}>
      {children}
      <span className={css.track} aria-hidden>
        <span className={css.fill} style={{ width: `${Math.round((value ?? 0) * 100)}%` }} />
      </span>
    </span>
  )
}
