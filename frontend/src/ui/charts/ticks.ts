const STEPS = [1, 2, 2.5, 5, 10]
const MOST = 5

/** Where the lines of an axis from nothing stand: at most five steps, each a round number; none where a value is negative. */
export function roundTicks(values: number[]): number[] | undefined {
  const most = Math.max(0, ...values)
  if (!Number.isFinite(most) || most <= 0 || Math.min(...values) < 0) return undefined
  const power = 10 ** Math.floor(Math.log10(most / MOST))
  const steps = STEPS.map(each => Number((each * power).toPrecision(12)))
  const isWhole = values.every(Number.isInteger)
  const step = steps.find(each => each * MOST >= most && !(isWhole && each % 1)) ?? 1
  return Array.from({ length: Math.ceil(most / step - 1e-9) + 1 }, (_, place) => Number((place * step).toPrecision(12)))
}

/** The axis that has these ticks. */
export function fitting(ticks: number[] | undefined): { ticks?: number[]; domain?: [number, number] } {
  return ticks ? { ticks, domain: [0, ticks.at(-1) ?? 0] } : {}
}
