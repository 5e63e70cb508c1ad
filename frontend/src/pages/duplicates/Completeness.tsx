import { useQuery } from '@tanstack/react-query'
import { Metric, MetricRow } from '@/features/calculation/Metric'
import { identityQueries } from '@/features/identity/identity'
import { FIELD_NAMES } from '@/features/identity/names'
import { DataTable } from '@/ui/DataTable'
import { count, NO_VALUE, percent } from '@/ui/format'
import { Card } from '@/ui/Page'
import { EmptyState, Loading, QueryState } from '@/ui/states'

/** How much is known of the active customers, what is missing most, and which source could give it. */
export function Completeness() {
  const query = useQuery(identityQueries.completeness())
  return (
    <QueryState
      query={query}
      loading={<Loading rows={6} height={32} />}
      isEmpty={answer => answer.active === 0}
      empty={
        <Card title="Completeness">
          <EmptyState title="No active customers">
            Completeness is measured for customers who ordered in the last 365 days.
          </EmptyState>
        </Card>
      }
    >
      {answer => (
        <>
          <MetricRow>
            <Metric
              label="Active customers"
              value={percent(answer.completeness)}
              note={`complete on average; goal ${percent(answer.goal)}`}
            />
            <Metric
              label={`At least ${percent(answer.goal)} complete`}
              value={count(answer.at_goal)}
              note={`of ${count(answer.active)} active customers`}
            />
            <Metric
              label="All customers"
              value={percent(answer.all_completeness)}
              note={`complete on average; ${count(answer.all_customers)} customers`}
            />
          </MetricRow>
          <Card title="Completeness" note={answer.sentence} flush>
            <DataTable
              caption="What is missing most"
              rows={answer.fields}
              rowKey={row => row.field_group}
              columns={[
                { name: 'field_group', label: 'Value', show: row => FIELD_NAMES[row.field_group] },
                {
                  name: 'missing',
                  label: 'Active customers without it',
                  numeric: true,
                  show: row => count(row.missing),
                },
                { name: 'share', label: 'Known', numeric: true, show: row => percent(row.share, 1) },
                { name: 'weight', label: 'Points of 100', numeric: true },
                {
                  name: 'sources',
                  label: 'Could come from',
                  wrap: true,
                  show: row => (row.missing ? row.sources.join(', ') || 'no source has it' : NO_VALUE),
                },
              ]}
            />
          </Card>
        </>
      )}
    </QueryState>
  )
}
