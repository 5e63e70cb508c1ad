/** Where the parts of a bar chart stand, in pixels. */

import { roundTicks } from './ticks'

interface Box {
  x: number
  y: number
  width: number
  height: number
}

export interface Side {
  plot: { left: number; right: number; top: number; bottom: number }
  /** The bars, and the whole stripes they stand in. */
  bars: Box[]
  slots: Box[]
  /** The bars to the left of them that they are compared with; null where there is none. */
  compared: (Box | null)[]
  /** The width of a stripe. */
  band: number
  ticks: number[]
  /** The position of a value on the number axis. */
  at: (value: number) => number
  /** The middle of a stripe. */
  middle: (place: number) => number
  /** The bars whose names fit. */
  labelled: Set<number>
  /** Where the tooltip of a bar stands, as a CSS style. */
  tip: (place: number) => { left: number; top: number; transform: string }
}

interface Given {
  values: number[]
  compared?: (number | null)[]
  width: number
  height: number
  lying?: boolean
  touching?: boolean
  hasMarks?: boolean
}

const NAMES_WIDTH = 148
const NUMBERS_WIDTH = 56
const LABEL_WIDTH = 64
const WIDEST_BAR = 40

/** The layout of upright bars, or of bars that lie down under each other. */
export function placeBars({ values, compared, width, height, lying, touching, hasMarks }: Given): Side {
  const plot = lying
    ? { left: Math.min(NAMES_WIDTH, width / 2), right: width - 24, top: 4, bottom: height - 24 }
    : { left: NUMBERS_WIDTH, right: width - 12, top: hasMarks ? 24 : 12, bottom: height - 24 }
  const all = [...values, ...(compared ?? []).filter(value => value !== null)]
  const ticks = roundTicks(all) ?? extent(all)
  const [low, high] = [Math.min(0, ...ticks), Math.max(...ticks, 0)]
  const scale = (value: number) => (high > low ? (value - low) / (high - low) : 0)
  const at = (value: number) =>
    lying ? plot.left + scale(value) * (plot.right - plot.left) : plot.bottom - scale(value) * (plot.bottom - plot.top)
  const band = (lying ? plot.bottom - plot.top : plot.right - plot.left) / Math.max(1, values.length)
  const thick = touching ? Math.max(1, band - 1) : Math.max(1, Math.min(WIDEST_BAR, band * 0.72))
  const middle = (place: number) => (lying ? plot.top : plot.left) + (place + 0.5) * band
  const size = compared ? thick / 2 : thick
  const box = (value: number, across: number) => {
    const [from, to] = [at(0), at(value)]
    const [start, length] = [Math.min(from, to), Math.abs(to - from)]
    return lying
      ? { x: start, y: across, width: length, height: size }
      : { x: across, y: start, width: size, height: length }
  }
  const bars = values.map((value, place) => box(value, middle(place) + thick / 2 - size))
  const pairs = (compared ?? []).map((value, place) => (value === null ? null : box(value, middle(place) - thick / 2)))
  const slots = values.map((_, place) =>
    lying
      ? { x: plot.left, y: plot.top + place * band, width: plot.right - plot.left, height: band }
      : { x: plot.left + place * band, y: plot.top, width: band, height: plot.bottom - plot.top },
  )
  const step = lying ? Math.max(1, Math.ceil(14 / band)) : Math.max(1, Math.ceil(LABEL_WIDTH / band))
  const labelled = new Set(values.map((_, place) => place).filter(place => place % step === 0))
  const tip = (place: number) => {
    const bar = bars[place]
    const x = lying ? plot.left + (plot.right - plot.left) / 2 : middle(place)
    const isLeft = x < width / 2
    const y = lying ? middle(place) : Math.max(plot.top, (bar?.y ?? 0) - 8)
    return {
      left: isLeft ? x + 12 : x - 12,
      top: Math.min(y, height - 24),
      transform: `translate(${isLeft ? '0' : '-100%'}, ${y > height / 2 ? '-100%' : '0'})`,
    }
  }
  return { plot, bars, compared: pairs, slots, band, ticks, at, middle, labelled, tip }
}

/** Ticks where a value is below nothing: the lowest, nothing and the highest. */
function extent(values: number[]): number[] {
  return [...new Set([Math.min(0, ...values), 0, Math.max(0, ...values)])]
}
