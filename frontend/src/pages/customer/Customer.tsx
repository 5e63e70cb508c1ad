import { Button } from '@mantine/core'
import { IconPrinter } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type ReactNode, useCallback, useEffect } from 'react'
import { queries } from '@/api/queries'
import type { Customer as CustomerData } from '@/api/shapes'
import { usePermissions } from '@/api/useSession'
import { Metric, MetricRow } from '@/features/calculation/Metric'
import { LogCall } from '@/features/customer/LogCall'
import { SegmentBadge } from '@/features/customer/SegmentBadge'
import { ChurnBadge, RfmScore } from '@/features/customer/scores'
import { country, day, money, percent } from '@/ui/format'
import { Page } from '@/ui/Page'
import { Loading, QueryState } from '@/ui/states'
import { Tabs } from '@/ui/Tabs'
import { usePrinting } from '@/ui/usePrinting'
import { Calculation } from './Calculation'
import css from './Customer.module.css'
import { History } from './History'
import { More } from './More'
import { Orders } from './Orders'
import { Overview } from './Overview'
import { Products } from './Products'
import { TABS } from './search'

const route = getRouteApi('/shell/customers/$id')

/** One customer: how likely, worth what, why, and every step down to the orders. */
export default function Customer() {
  const { id } = route.useParams()
  const query = useQuery(queries.customer(id))
  if (query.data) return <Full data={query.data} />
  return (
    <Page title={id}>
      <QueryState query={query} loading={<Loading rows={6} height={48} gap={16} />}>
        {() => null}
      </QueryState>
    </Page>
  )
}

const PARTS: Record<(typeof TABS)[number]['value'], (props: { data: CustomerData }) => ReactNode> = {
  overview: Overview,
  orders: Orders,
  rfm: Calculation,
  history: History,
  products: Products,
}

const SOON_MS = 1_500

/** All parts are there soon after the first, for the next tab and for the printer. Returns how to have them now. */
function useParts(id: string) {
  const queryClient = useQueryClient()
  const fetch = useCallback(
    () =>
      Promise.all([
        queryClient.prefetchQuery(queries.orders(id)),
        queryClient.prefetchQuery(queries.calculation(id)),
        queryClient.prefetchQuery(queries.history(id)),
        queryClient.prefetchQuery(queries.products(id)),
      ]),
    [queryClient, id],
  )
  useEffect(() => {
    const soon = setTimeout(fetch, SOON_MS)
    return () => clearTimeout(soon)
  }, [fetch])
  return fetch
}

function Full({ data }: { data: CustomerData }) {
  const { tab = 'overview' } = route.useSearch()
  const can = usePermissions()
  const { scores, meta } = data
  const address = `/api/customers/${data.customer_id}`
  const isPrinting = usePrinting()
  const shown = TABS.filter(({ value }) => isPrinting || value === tab)
  const fetchParts = useParts(data.customer_id)
  return (
    <Page
      title={data.name ?? data.customer_id}
      sentence={
        <>
          {scores && (
            <>
              <SegmentBadge segment={scores.segment} /> ·{' '}
            </>
          )}
          {[
            data.customer_id,
            data.country && country(data.country),
            data.signup_date && `customer since ${day(data.signup_date)}`,
            data.owner && `with ${data.owner.name}`,
          ]
            .filter(Boolean)
            .join(' · ')}
        </>
      }
      actions={
        <>
          {can('calls.write') && <LogCall who={data} />}
          <Button
            variant="default"
            leftSection={<IconPrinter size={16} aria-hidden />}
            onClick={() => void fetchParts().then(() => window.print())}
          >
            Print
          </Button>
          <More data={data} />
        </>
      }
    >
      {scores && (
        <MetricRow>
          <Metric
            label="Orders within 30 days"
            value={percent(scores.probability)}
            note={
              scores.expected_order_value != null &&
              `about ${money(scores.expected_order_value, meta.currency)} an order`
            }
            address={address}
          />
          <Metric
            label="Expected value"
            value={money(scores.expected_value, meta.currency)}
            note="probability times order value"
            address={address}
          />
          <Metric
            label="Next 12 months"
            value={money(scores.value_12m, meta.currency, 'short')}
            note={
              scores.value_low != null &&
              `${money(scores.value_low, meta.currency, 'short')} to ${money(scores.value_high, meta.currency, 'short')}, ${scores.value_band}`
            }
            address={address}
          />
          <Metric
            label="Leaving"
            value={<ChurnBadge state={scores.churn_state} />}
            note={scores.churn_90 != null && `${percent(scores.churn_90)} order nothing in 90 days`}
          />
          <Metric label="RFM" value={<RfmScore {...scores} />} note={scores.segment} />
        </MetricRow>
      )}
      <Tabs label="About this customer" now={tab} tabs={TABS} />
      {shown.map(({ value, label }) => {
        const Part = PARTS[value]
        return (
          <section key={`${data.customer_id} ${value}`} className={css.part} aria-label={label}>
            {isPrinting && <h2>{label}</h2>}
            <Part data={data} />
          </section>
        )
      })}
    </Page>
  )
}
