import { Bar, BarChart, CartesianGrid, Cell, ReferenceLine, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'
import { compact } from '@/ui/format'
import { AXIS, GRID, MARGIN, NameTick, STILL, type TipRow, tip } from './parts'
import { fitting, roundTicks } from './ticks'

export interface BarsProps<Row> {
  rows: Row[]
  /** What a bar is called under the axis. */
  name: (row: Row) => string
  value: (row: Row) => number
  colour?: (row: Row) => string
  axis?: (value: number) => string
  tips: (row: Row) => TipRow[]
  title?: (row: Row) => string
  marks?: { at: string; label: string }[]
  onPick?: (row: Row) => void
  touching?: boolean
  /** Bars lie down and names stand on the left. */
  lying?: boolean
}

export default function Bars<Row extends object>(props: BarsProps<Row>) {
  const { rows, name, value, colour, axis = compact, tips, title = name, marks, onPick, touching, lying } = props
  const data = rows.map(row => ({ row, name: name(row), value: value(row) }))
  const box = tip<(typeof data)[number]>(
    each => title(each.row),
    each => tips(each.row),
  )
  const numbers = <NumberAxis lying={lying} axis={axis} ticks={roundTicks(data.map(each => each.value))} />
  return (
    <ResponsiveContainer width="100%" height="100%">
      <BarChart
        data={data}
        layout={lying ? 'vertical' : 'horizontal'}
        margin={marks?.length ? { ...MARGIN, top: 24 } : MARGIN}
        barCategoryGap={touching ? 1 : '22%'}
      >
        <CartesianGrid {...GRID} horizontal={!lying} vertical={Boolean(lying)} />
        {lying ? (
          <YAxis type="category" dataKey="name" width={140} {...AXIS} tick={NameTick} axisLine={false} interval={0} />
        ) : (
          <XAxis dataKey="name" {...AXIS} minTickGap={16} />
        )}
        {numbers}
        <Tooltip content={box} cursor={{ fill: 'var(--raised)' }} {...STILL} />
        {marks?.map(mark => (
          <ReferenceLine
            key={mark.at + mark.label}
            x={mark.at}
            stroke="var(--ink)"
            strokeDasharray="4 3"
            label={{ value: mark.label, position: 'top', fill: 'var(--dim)', fontSize: 12 }}
          />
        ))}
        <Bar
          dataKey="value"
          fill="var(--brand)"
          radius={touching ? 0 : lying ? [0, 4, 4, 0] : [4, 4, 0, 0]}
          maxBarSize={40}
          {...STILL}
          onClick={onPick && (bar => onPick((bar.payload as (typeof data)[number]).row))}
          cursor={onPick && 'pointer'}
        >
          {colour && data.map(each => <Cell key={each.name} fill={colour(each.row)} />)}
        </Bar>
      </BarChart>
    </ResponsiveContainer>
  )
}

interface NumberAxisProps {
  lying?: boolean
  axis: (value: number) => string
  ticks: number[] | undefined
}

function NumberAxis({ lying, axis, ticks }: NumberAxisProps) {
  const all = { ...AXIS, ...fitting(ticks), axisLine: false, tickFormatter: axis }
  return lying ? <XAxis type="number" {...all} /> : <YAxis width={56} {...all} />
}
