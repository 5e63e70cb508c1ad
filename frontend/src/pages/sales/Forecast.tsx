import { SegmentedControl } from '@mantine/core'
import '@/components/theme/dialogs'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { ask } from '@/api/questions'
import type { ForecastRow, SalesRow } from '@/api/shapes'
import { ChartCard } from '@/components/charts/ChartCard'
import { Legend } from '@/components/charts/Legend'
import { Lines } from '@/components/charts/Lines'
import { WhereFrom } from '@/components/Figure'
import { Empty, Faced, Waiting } from '@/components/faces'
import { asSentence, count, MISSING, money, month, short } from '@/components/format'
import { Card } from '@/components/Page'
import { TARGETS } from './search'

const route = getRouteApi('/shell/sales')
const MONTHS_BEFORE = 15

interface Point {
  month: string
  came: number | null
  expected: number | null
  band: [number, number] | null
}

/** Months that were, then months to come with their band; the first of these begins where the others end. */
export function points(past: SalesRow[], coming: ForecastRow[], target: 'revenue' | 'orders'): Point[] {
  const starts = coming[0]?.starts ?? '9999'
  const before = past
    .filter(row => row.name < starts)
    .slice(-MONTHS_BEFORE)
    .map((row): Point => ({ month: row.name, came: row[target], expected: null, band: null }))
  const last = before.at(-1)
  if (last && last.came !== null) Object.assign(last, { expected: last.came, band: [last.came, last.came] })
  const after = coming.map(
    (row): Point => ({
      month: row.starts,
      came: null,
      expected: row.expected,
      band: row.low === null || row.high === null ? null : [row.low, row.high],
    }),
  )
  return [...before, ...after]
}

/** What the shop will take, with its band, and how right such forecasts were. */
export function Forecast() {
  const { target = 'revenue', category } = route.useSearch()
  const navigate = useNavigate({ from: '/sales' })
  const forecast = useQuery(ask.forecast())
  const past = useQuery(ask.sales('month'))
  return (
    <Faced query={forecast} waiting={<Waiting rows={1} height={400} />}>
      {answer => {
        const { currency } = answer.meta
        const coming = answer.data.filter(row => row.grain === 'month' && row.target === target)
        const show = (value: number | null) => (target === 'revenue' ? money(value, currency) : count(value))
        if (!coming.length)
          return (
            <Card title="Forecast">
              <Empty title="No forecast yet">
                It needs some months of sales first; the Model page says what is missing.
              </Empty>
            </Card>
          )
        const rows = points(past.data?.data ?? [], coming, target)
        const note = [
          answer.accuracy && asSentence(answer.accuracy.sentence),
          ...new Set(coming.map(row => row.note).filter(Boolean)),
        ]
          .filter(Boolean)
          .join(' ')
        return (
          <ChartCard
            title={category ? 'Forecast of all goods' : 'Forecast'}
            note={note || 'The shop as a whole'}
            actions={<WhereFrom label="Forecast" address="/api/forecast" />}
            head={
              <>
                <SegmentedControl
                  aria-label="What is forecast"
                  data={[...TARGETS]}
                  value={target}
                  onChange={value =>
                    void navigate({
                      search: now => ({ ...now, target: value as typeof target }),
                      replace: true,
                      resetScroll: false,
                    })
                  }
                />
                <Legend
                  of={[
                    { label: 'came', colour: 'var(--ink)' },
                    { label: 'expected', colour: 'var(--brand)' },
                    {
                      label: 'eight times in ten between',
                      colour: 'color-mix(in srgb, var(--brand) 30%, var(--card))',
                    },
                  ]}
                />
              </>
            }
            fileName={`forecast-${target}`}
            rows={rows}
            rowKey={row => row.month}
            columns={[
              { name: 'month', label: 'Month', show: row => month(row.month) },
              { name: 'came', label: 'Came', numeric: true, show: row => show(row.came) },
              {
                name: 'expected',
                label: 'Expected',
                numeric: true,
                show: row => (row.came === null ? show(row.expected) : MISSING),
              },
              {
                name: 'band',
                label: 'Between',
                numeric: true,
                show: row =>
                  row.came === null && row.band ? `${show(row.band[0])} and ${show(row.band[1])}` : MISSING,
              },
            ]}
          >
            <Lines
              rows={rows}
              x="month"
              xAxis={month}
              axis={value => (target === 'revenue' ? money(value, currency, 'short') : short(value))}
              band={{ key: 'band', colour: 'var(--brand)' }}
              series={[
                { key: 'expected', colour: 'var(--brand)', dashed: true, dots: true },
                { key: 'came', colour: 'var(--ink)' },
              ]}
              title={row => month(row.month)}
              tips={row =>
                row.came === null
                  ? [
                      { label: 'Expected', value: show(row.expected) },
                      ...(row.band
                        ? [
                            { label: 'At least', value: show(row.band[0]) },
                            { label: 'At most', value: show(row.band[1]) },
                          ]
                        : []),
                    ]
                  : [{ label: 'Came', value: show(row.came) }]
              }
            />
          </ChartCard>
        )
      }}
    </Faced>
  )
}
