import { Button } from '@mantine/core'
import { IconPrinter } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type ReactNode, useCallback, useEffect } from 'react'
import { ask } from '@/api/questions'
import type { Customer as CustomerData } from '@/api/shapes'
import { Figure, Figures } from '@/components/Figure'
import { Faced, Waiting } from '@/components/faces'
import { country, day, money, percent } from '@/components/format'
import { LogCall } from '@/components/LogCall'
import { Churn, Rfm } from '@/components/marks'
import { Page } from '@/components/Page'
import { SegmentMark } from '@/components/SegmentMark'
import { useMay } from '@/components/signedIn'
import { Tabs } from '@/components/Tabs'
import { usePrinting } from '@/components/usePrinting'
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
  const query = useQuery(ask.customer(id))
  if (query.data) return <Full data={query.data} />
  return (
    <Page title={id}>
      <Faced query={query} waiting={<Waiting rows={6} height={48} gap={16} />}>
        {() => null}
      </Faced>
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
  const queries = useQueryClient()
  const fetch = useCallback(
    () =>
      Promise.all([
        queries.prefetchQuery(ask.orders(id)),
        queries.prefetchQuery(ask.calculation(id)),
        queries.prefetchQuery(ask.history(id)),
        queries.prefetchQuery(ask.products(id)),
      ]),
    [queries, id],
  )
  useEffect(() => {
    const soon = setTimeout(fetch, SOON_MS)
    return () => clearTimeout(soon)
  }, [fetch])
  return fetch
}

function Full({ data }: { data: CustomerData }) {
  const { tab = 'overview' } = route.useSearch()
  const may = useMay()
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
              <SegmentMark segment={scores.segment} /> ·{' '}
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
          {may('calls.write') && <LogCall who={data} />}
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
        <Figures>
          <Figure
            label="Orders within 30 days"
            value={percent(scores.probability)}
            note={
              scores.expected_order_value != null &&
              `about ${money(scores.expected_order_value, meta.currency)} an order`
            }
            address={address}
          />
          <Figure
            label="Expected value"
            value={money(scores.expected_value, meta.currency)}
            note="probability times order value"
            address={address}
          />
          <Figure
            label="Next 12 months"
            value={money(scores.value_12m, meta.currency, 'short')}
            note={
              scores.value_low != null &&
              `${money(scores.value_low, meta.currency, 'short')} to ${money(scores.value_high, meta.currency, 'short')}, ${scores.value_band}`
            }
            address={address}
          />
          <Figure
            label="Leaving"
            value={<Churn state={scores.churn_state} />}
            note={scores.churn_90 != null && `${percent(scores.churn_90)} order nothing in 90 days`}
          />
          <Figure label="RFM" value={<Rfm {...scores} />} note={scores.segment} />
        </Figures>
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
