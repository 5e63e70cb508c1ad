import { Button } from '@mantine/core'
import { IconPrinter } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { type ReactNode, useCallback, useEffect } from 'react'
import { queries } from '@/api/queries'
import type { Customer as CustomerData } from '@/api/shapes'
import { usePermissions } from '@/api/useSession'
import { Metric, MetricRow } from '@/features/calculation/Metric'
import { CallActions } from '@/features/customer/CallActions'
import { SegmentBadge } from '@/features/customer/SegmentBadge'
import { ChurnBadge, RfmScore } from '@/features/customer/scores'
import { country, day, money, percent } from '@/ui/format'
import { Page } from '@/ui/Page'
import { Loading, QueryState } from '@/ui/states'
import { Tabs } from '@/ui/Tabs'
import { showToast } from '@/ui/toasts'
import { usePrinting } from '@/ui/usePrinting'
import { Calculation } from './Calculation'
import css from './Customer.module.css'
import { History } from './History'
import { More } from './More'
import { Orders } from './Orders'
import { Overview } from './Overview'
import { Printed } from './Printed'
import { Products } from './Products'
import { Relations } from './Relations'
import { Reviews } from './Reviews'
import { Sources } from './Sources'
import { TABS } from './search'
import { Timeline } from './Timeline'

const route = getRouteApi('/shell/customers/$id')

/** One customer: predictions, reasons, contact details and orders. */
export default function Customer() {
  const { id } = route.useParams()
  const query = useQuery(queries.customer(id))
  useCurrentAddress(query.data)
  if (query.data) return <CustomerPage data={query.data} />
  return (
    <Page title={id}>
      <QueryState query={query} loading={<Loading rows={6} height={48} gap={16} />}>
        {() => null}
      </QueryState>
    </Page>
  )
}

/** An id that was merged leads to the customer it stands for, whose address takes its place. */
function useCurrentAddress(data: CustomerData | undefined) {
  const navigate = useNavigate({ from: '/customers/$id' })
  const queryClient = useQueryClient()
  useEffect(() => {
    if (!data?.merged_from) return
    queryClient.setQueryData(queries.customer(data.customer_id).queryKey, { ...data, merged_from: null })
    showToast(`${data.merged_from} was merged into ${data.customer_id}`)
    void navigate({ params: { id: data.customer_id }, search: now => now, replace: true })
  }, [data, navigate, queryClient])
}

const TAB_CONTENT: Record<(typeof TABS)[number]['value'], (props: { data: CustomerData }) => ReactNode> = {
  overview: Overview,
  timeline: Timeline,
  orders: Orders,
  rfm: Calculation,
  history: History,
  products: Products,
  reviews: Reviews,
  sources: Sources,
  relations: Relations,
}

const PREFETCH_AFTER_MS = 1_500

/** Prefetches all tabs shortly after the first, for navigation and printing. Returns a function that fetches them at once. */
function usePrefetchedTabs(id: string) {
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
    const timer = setTimeout(fetch, PREFETCH_AFTER_MS)
    return () => clearTimeout(timer)
  }, [fetch])
  return fetch
}

function CustomerPage({ data }: { data: CustomerData }) {
  const { tab = 'overview' } = route.useSearch()
  const can = usePermissions()
  const { scores, meta } = data
  const address = `/api/customers/${data.customer_id}`
  const isPrinting = usePrinting()
  const Content = TAB_CONTENT[tab]
  const label = TABS.find(({ value }) => value === tab)?.label
  const fetchTabs = usePrefetchedTabs(data.customer_id)
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
            data.signup_date && `Customer since ${day(data.signup_date)}`,
            data.owner && `Owner: ${data.owner.name}`,
          ]
            .filter(Boolean)
            .join(' · ')}
        </>
      }
      actions={
        <>
          {can('calls.write') && <CallActions customer={data} hasPhone={data.contact.phone !== null} />}
          <Button
            variant="default"
            leftSection={<IconPrinter size={16} aria-hidden />}
            onClick={() => void fetchTabs().then(() => window.print())}
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
            label="Chance to order (30 days)"
            value={percent(scores.probability)}
            note={
              scores.expected_order_value != null &&
              `Expected order: ${money(scores.expected_order_value, meta.currency)}`
            }
            address={address}
          />
          <Metric
            label="Expected revenue (30 days)"
            value={money(scores.expected_revenue, meta.currency)}
            note="all orders, returns deducted"
            address={address}
          />
          {scores.value_12m == null ? (
            <Metric
              label="Last year’s revenue (365 days)"
              value={money(scores.revenue_365d, meta.currency)}
              note="a fact; lifetime value is off"
              address={address}
            />
          ) : (
            <Metric
              label="Lifetime value (12 months)"
              value={money(scores.value_12m, meta.currency, 'short')}
              note={[
                scores.value_low != null &&
                  `${money(scores.value_low, meta.currency, 'short')} to ${money(scores.value_high, meta.currency, 'short')}`,
                scores.value_band,
              ]
                .filter(Boolean)
                .join(', ')}
              address={address}
            />
          )}
          <Metric
            label="Churn risk"
            value={<ChurnBadge state={scores.churn_state} />}
            note={scores.churn_90 != null && `${percent(scores.churn_90)} chance of no order in 90 days`}
          />
          <Metric label="RFM" value={<RfmScore {...scores} />} note={scores.segment} />
        </MetricRow>
      )}
      <Tabs label="Customer details" now={tab} tabs={TABS} />
      <section key={`${data.customer_id} ${tab}`} className={css.part} aria-label={label}>
        {isPrinting ? <Printed data={data} /> : <Content data={data} />}
      </section>
    </Page>
  )
}
