import { useQuery } from '@tanstack/react-query'
import { usePermissions } from '@/api/useSession'
import { DecisionButtons } from '@/features/enrichment/DecisionButtons'
import css from '@/features/enrichment/Enrichment.module.css'
import { enrichmentQueries } from '@/features/enrichment/enrichmentQueries'
import { describeValue, FIELD_NAMES, SOURCE_NAMES } from '@/features/enrichment/names'
import { useDecisions } from '@/features/enrichment/useDecisions'
import { ErrorText } from '@/ui/ErrorText'
import { day } from '@/ui/format'
import { Card } from '@/ui/Page'

/** What directories and the customer's own page say: accepted values with their attribution, and open proposals. */
export default function Enrichment({ customerId }: { customerId: string }) {
  const can = usePermissions()
  const { data } = useQuery(enrichmentQueries.ofCustomer(customerId))
  const decide = useDecisions()
  if (!data?.data.length) return null
  return (
    <Card title="From directories" note="Shown where your own records have nothing">
      <ul className={css.list}>
        {data.data.map(row => (
          <li key={row.proposal_id}>
            <p className={css.value}>
              {FIELD_NAMES[row.field]}:{' '}
              {row.value === null && row.state === 'accepted' ? 'on file' : describeValue(row.value)}
              {row.state === 'open' && ' (proposed)'}
            </p>
            <p className={css.source}>
              {SOURCE_NAMES[row.source]}
              {row.is_made_up && ' (made up)'}: {row.attribution}, {row.licence}. Fetched{' '}
              {day(row.fetched_at.slice(0, 10))}, kept until {day(row.retention_until)}.
            </p>
            {can('enrichment.review') && <DecisionButtons row={row} decide={decide} />}
          </li>
        ))}
      </ul>
      <ErrorText error={decide.error} />
    </Card>
  )
}
