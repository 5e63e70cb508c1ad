import {
  Area,
  CartesianGrid,
  ComposedChart,
  Line,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts'
import type { TipRow } from '@/ui/charts/Tip'
import { fitting, roundTicks } from '@/ui/charts/ticks'
import { AXIS, GRID, MARGIN, STILL, tip } from './parts'

interface Series {
  key: string
  colour: string
  dashed?: boolean
  dots?: boolean
}

export interface LinesProps<Row> {
  rows: Row[]
  x: keyof Row & string
  xNumeric?: boolean
  xAxis?: (value: string) => string
  series: Series[]
  /** A pair of numbers per row, drawn as a band behind the lines. */
  band?: { key: string; colour: string }
  axis: (value: number) => string
  /** Where the upright axis ends, if it is not to follow the values. */
  most?: number
  tips: (row: Row) => TipRow[]
  title: (row: Row) => string
  mark?: { at: string | number; label: string }
}

export default function Lines<Row extends object>({
  rows,
  x,
  xNumeric,
  xAxis,
  series,
  band,
  axis,
  most,
  tips,
  title,
  mark,
}: LinesProps<Row>) {
  const at = (key: string) => rows.flatMap(row => (row as Record<string, number | number[] | null>)[key] ?? [])
  const heights = [...series.map(each => each.key), ...(band ? [band.key] : [])].flatMap(at)
  return (
    <ResponsiveContainer width="100%" height="100%">
      <ComposedChart data={rows} margin={MARGIN}>
        <CartesianGrid {...GRID} />
        <XAxis
          dataKey={x as string}
          {...AXIS}
          minTickGap={24}
          type={xNumeric ? 'number' : 'category'}
          {...(xNumeric ? fitting(roundTicks(at(x))) : {})}
          tickFormatter={xAxis && (value => xAxis(value))}
        />
        <YAxis
          width={56}
          {...AXIS}
          {...(most === undefined ? fitting(roundTicks(heights)) : { domain: [0, most] })}
          axisLine={false}
          tickFormatter={value => axis(value)}
        />
        <Tooltip content={tip<Row>(title, tips)} cursor={{ stroke: 'var(--line-strong)' }} {...STILL} />
        {band && (
          <Area
            dataKey={band.key}
            stroke="none"
            fill={band.colour}
            fillOpacity={0.18}
            {...STILL}
            connectNulls={false}
          />
        )}
        {mark && (
          <ReferenceLine
            x={mark.at}
            stroke="var(--ink)"
            strokeDasharray="4 3"
            label={{ value: mark.label, position: 'insideTopRight', fill: 'var(--dim)', fontSize: 12 }}
          />
        )}
        {series.map(each => (
          <Line
            key={each.key}
            dataKey={each.key}
            stroke={each.colour}
            strokeWidth={2}
            strokeDasharray={each.dashed ? '5 4' : undefined}
            dot={each.dots ? { r: 3, fill: each.colour, strokeWidth: 0 } : false}
            activeDot={{ r: 4 }}
            connectNulls={false}
            {...STILL}
          />
        ))}
      </ComposedChart>
    </ResponsiveContainer>
  )
}
