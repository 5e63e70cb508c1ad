import { Bar, BarChart, CartesianGrid, Cell, ReferenceLine, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'
import { short } from '../../format'
import { AXIS, GRID, MARGIN, STILL, type TipRow, tip } from './parts'

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
  const { rows, name, value, colour, axis = short, tips, title = name, marks, onPick, touching, lying } = props
  const data = rows.map(row => ({ row, name: name(row), value: value(row) }))
  const box = tip<(typeof data)[number]>(
    each => title(each.row),
    each => tips(each.row),
  )
  const numbers = <NumberAxis lying={lying} axis={axis} />
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
          <YAxis type="category" dataKey="name" width={140} {...AXIS} axisLine={false} interval={0} />
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

function NumberAxis({ lying, axis }: { lying?: boolean; axis: (value: number) => string }) {
  return lying ? (
    <XAxis type="number" {...AXIS} axisLine={false} tickFormatter={value => axis(value)} />
  ) : (
    <YAxis width={56} {...AXIS} axisLine={false} tickFormatter={value => axis(value)} />
  )
}
