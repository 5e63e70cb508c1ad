import type { Run } from '@/api/shapes'
import { asSentence, decimal, NO_VALUE } from '@/ui/format'
import css from './Runs.module.css'

const MINUTE = 60

export function formatSeconds(value: number): string {
  return value < MINUTE ? `${decimal(value, 1)} s` : `${Math.floor(value / MINUTE)} min ${Math.round(value % MINUTE)} s`
}

/** The total duration of a run. */
export function formatDuration(run: Run): string {
  const total = Object.values(run.timings).reduce((sum, step) => sum + step, 0)
  return total ? formatSeconds(total) : NO_VALUE
}

/** The duration of each step, longest first; the bar compares it with the longest. */
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
            <span className={css.seconds}>{formatSeconds(value)}</span>
          </dd>
        </div>
      ))}
    </dl>
  )
}
