import { expect, test } from 'vitest'
import { placeBars } from './placeBars'

const SIZE = { width: 468, height: 236 }

test('upright bars stand on the axis, as high as their values', () => {
  const { bars, plot, ticks, at } = placeBars({ values: [0, 50, 100], ...SIZE })
  expect(ticks.at(-1)).toBe(100)
  expect(bars.map(bar => bar.height)).toEqual([0, 100, 200])
  expect(bars.every(bar => bar.y + bar.height === plot.bottom)).toBe(true)
  expect(at(0)).toBe(plot.bottom)
})

test('values below nothing hang from the axis', () => {
  const { bars, at } = placeBars({ values: [-50, 100], ...SIZE })
  expect(bars[0]?.y).toBe(at(0))
  expect((bars[0]?.height ?? 0) * 2).toBeCloseTo(bars[1]?.height ?? 0)
})

test('lying bars grow to the right, and names never overlap', () => {
  const { bars, plot } = placeBars({ values: [10, 20], ...SIZE, lying: true })
  expect(bars.map(bar => bar.x)).toEqual([plot.left, plot.left])
  expect(bars[1]?.width).toBeCloseTo(2 * (bars[0]?.width ?? 0))
  const { labelled, band } = placeBars({ values: Array(100).fill(1), ...SIZE })
  const places = [...labelled]
  expect(((places[1] ?? 0) - (places[0] ?? 0)) * band).toBeGreaterThanOrEqual(64)
})

test('nothing but zeros is drawn without numbers that are not', () => {
  const { bars } = placeBars({ values: [0, 0], ...SIZE })
  expect(bars.every(bar => Object.values(bar).every(Number.isFinite))).toBe(true)
})
