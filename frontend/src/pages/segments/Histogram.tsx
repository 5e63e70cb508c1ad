import { NativeSelect, SegmentedControl } from '@mantine/core'
import '@/ui/theme/dialogs'
import '@/ui/theme/inputs'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { queries } from '@/api/queries'
import type { Distributed } from '@/api/shapes'
import { usePermissions } from '@/api/useSession'
import { CalculationLink } from '@/features/calculation/Metric'
import { CategorySelect } from '@/features/catalogue/CategorySelect'
import { CustomersLink } from '@/ui/CustomersLink'
import { Bars } from '@/ui/charts/Bars'
import { ChartCard } from '@/ui/charts/ChartCard'
import { compact, count, decimal, money, percent, plural } from '@/ui/format'
import { addressWith } from '@/ui/searchParams'
import { selectOptions } from '@/ui/selectOptions'
import { Loading, QueryState } from '@/ui/states'
import css from './Segments.module.css'
import { AXES } from './search'

const route = getRouteApi('/shell/segments')
const TITLES: Record<Distributed, string> = {
  recency: 'Days since the last order',
  frequency: 'Number of orders',
  monetary: 'Net revenue',
  probability: 'Chance to order (30 days)',
}
const MAX_BINS = 24
/** By variable, the filters of the customer list that hold one bar: from its lower limit to below its upper one. */
const LIMITS: Record<Distributed, [string, string]> = {
  recency: ['min_recency', 'below_recency'],
  frequency: ['min_orders', 'below_orders'],
  monetary: ['min_revenue', 'below_revenue'],
  probability: ['min_probability', 'below_probability'],
}
const COUNTED_IN: Partial<Record<Distributed, string>> = { recency: 'day', frequency: 'order' }

/** The distribution of a value over customers, with the score limits. */
export function Histogram() {
  const { axis = 'recency', segment, category } = route.useSearch()
  const can = usePermissions()
  const navigate = useNavigate({ from: '/segments' })
  const query = useQuery(queries.distribution(axis, { segment, category, bins: MAX_BINS }))
  const segments = useQuery(queries.segments())
  const names = segments.data?.data.map(row => row.segment)
  const controls = (
    <>
      <SegmentedControl
        size="xs"
        value={axis}
        onChange={value =>
          void navigate({
            search: now => ({ ...now, axis: value as Distributed }),
            replace: true,
            resetScroll: false,
          })
        }
        data={AXES}
        aria-label="Variable"
      />
      <div className={css.choices}>
        <NativeSelect
          aria-label="Segment"
          value={segment ?? ''}
          onChange={event => {
            const value = event.currentTarget.value || undefined
            void navigate({ search: now => ({ ...now, segment: value }), replace: true, resetScroll: false })
          }}
          data={selectOptions('All segments', names, segment)}
        />
        {can('sales.read') && (
          <CategorySelect
            isBare
            label="Category"
            value={category}
            onChange={value =>
              void navigate({ search: now => ({ ...now, category: value }), replace: true, resetScroll: false })
            }
          />
        )}
      </div>
    </>
  )
  return (
    <QueryState query={query} loading={<Loading rows={1} height={320} />}>
      {({ bins, cut_points, n, median, meta }) => {
        const show = formatterOf(axis, meta.currency)
        const marks = cut_points.flatMap((cut, place) => {
          // A filter may leave no customers around a limit: then it is beyond the chart and not drawn.
          const bin = bins.find(each => each.low <= cut && cut < each.high)
          const label =
            axis === 'probability' ? 'will order' : axis === 'recency' ? String(5 - place) : String(place + 2)
          return bin ? [{ at: show(bin.low), label }] : []
        })
        const [least, below] = LIMITS[axis]
        /** The last bar includes its upper limit. */
        const customersOf = (bin: (typeof bins)[number]) => ({
          segment,
          category,
          [least]: bin.low,
          ...(bin === bins.at(-1) ? {} : { [below]: bin.high }),
        })
        return (
          <ChartCard
            head={controls}
            actions={
              <CalculationLink
                label={TITLES[axis]}
                address={addressWith(`/api/distributions/${axis}`, { segment, category, bins: MAX_BINS })}
              />
            }
            title={TITLES[axis]}
            note={`${plural(n, 'customer')}. Median: ${withUnit(axis, show(median ?? 0))}. ${limitsNote(axis, marks.length, cut_points.length)}`}
            fileName={`distribution-${axis}`}
            height={240}
            rows={n ? bins : []}
            rowKey={bin => bin.low}
            columns={[
              { name: 'low', label: 'From', numeric: true, show: bin => show(bin.low) },
              { name: 'high', label: 'Below', numeric: true, show: bin => show(bin.high) },
              {
                name: 'customers',
                label: 'Customers',
                numeric: true,
                show: bin => <CustomersLink search={customersOf(bin)}>{count(bin.customers)}</CustomersLink>,
              },
            ]}
          >
            <Bars
              touching
              rows={bins}
              name={bin => show(bin.low)}
              title={bin => `${show(bin.low)} to ${show(bin.high)}`}
              value={bin => bin.customers}
              axis={compact}
              onPick={bin => bin.customers && void navigate({ to: '/customers', search: customersOf(bin) as never })}
              marks={marks}
              tips={bin => [{ label: 'Customers', value: count(bin.customers) }]}
            />
          </ChartCard>
        )
      }}
    </QueryState>
  )
}

/** What the dashed lines mean, and how many limits lie beyond the customers shown. */
function limitsNote(axis: Distributed, shown: number, all: number): string {
  const one = axis === 'probability' ? 'limit for “will order”' : 'score limits'
  if (!shown) return `No ${one} within these values`
  return `Dashed lines: ${one}${shown < all ? `, ${all - shown} outside these values` : ''}`
}

/** A value with its unit, where it is counted in one. */
function withUnit(axis: Distributed, value: string): string {
  const one = COUNTED_IN[axis]
  return one ? `${value} ${value === '1' ? one : `${one}s`}` : value
}

function formatterOf(axis: Distributed, currency: string | null | undefined): (value: number) => string {
  if (axis === 'probability') return value => percent(value)
  if (axis === 'monetary') return value => money(value, currency, 'short')
  return value => (Number.isInteger(value) ? count(value) : decimal(value, 1))
}
