import type { Run } from '@/api/shapes'
import { asSentence, decimal, MISSING } from '@/components/format'
import css from './Runs.module.css'

const MINUTE = 60

export function seconds(value: number): string {
  return value < MINUTE ? `${decimal(value, 1)} s` : `${Math.floor(value / MINUTE)} min ${Math.round(value % MINUTE)} s`
}

/** How long a run took over all its steps. */
export function lasted(run: Run): string {
  const total = Object.values(run.timings).reduce((sum, each) => sum + each, 0)
  return total ? seconds(total) : MISSING
}

/** Each step with its seconds, the longest first; the bar is its share of the whole. */
export function Timings({ run }: { run: Run }) {
  const steps = Object.entries(run.timings).sort(([, a], [, b]) => b - a)
  const longest = Math.max(...steps.map(([, value]) => value))
  return (
    <dl className={css.timings}>
      {steps.map(([step, value]) => (
        <div key={step}>
          <dt>{asSentence(step)}</dt>
          <dd>
            <span className={css.track} aria-hidden>
              <span className={css.fill} style={{ width: `${(100 * value) / longest}%` }} />
            </span>
            <span className={css.seconds}>{seconds(value)}</span>
          </dd>
        </div>
      ))}
    </dl>
  )
}
