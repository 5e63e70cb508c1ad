import { useQuery } from '@tanstack/react-query'
import { queries } from '@/api/queries'
import type { Customer, HistoryScore } from '@/api/shapes'
import { SegmentBadge } from '@/features/customer/SegmentBadge'
import { Badge } from '@/ui/Badge'
import { ChartCard } from '@/ui/charts/ChartCard'
import { Lines } from '@/ui/charts/Lines'
import { DataTable } from '@/ui/DataTable'
import { day, money, NO_VALUE, percent } from '@/ui/format'
import { Card } from '@/ui/Page'
import { EmptyState, Loading, QueryState } from '@/ui/states'
import css from './Customer.module.css'

/** The prediction of each update, and the observed outcome. */
export function History({ data }: { data: Customer }) {
  const query = useQuery(queries.history(data.customer_id))
  return (
    <QueryState
      query={query}
      loading={<Loading rows={2} height={240} />}
      isEmpty={answer => answer.scores.length === 0}
      empty={<EmptyState title="No earlier updates">Predictions of every future update appear here.</EmptyState>}
    >
      {answer => (
        <div className={css.column}>
          <ProbabilityChart
            scores={answer.scores.filter(score => score.probability !== null).reverse()}
            id={data.customer_id}
          />
          <Card title="Predictions by update" flush>
            <DataTable
              caption="Predictions by update"
              rowKey={row => row.run_id}
              rows={answer.scores}
              columns={[
                { name: 'as_of', label: 'As of', show: row => day(row.as_of) },
                {
                  name: 'segment',
                  label: 'Segment',
                  show: row => (row.segment ? <SegmentBadge segment={row.segment} /> : NO_VALUE),
                },
                { name: 'rfm_score', label: 'RFM', numeric: true },
                { name: 'probability', label: 'Chance to order', numeric: true, show: row => percent(row.probability) },
                {
                  name: 'value_12m',
                  label: 'Lifetime value (12 months)',
                  numeric: true,
                  show: row => money(row.value_12m, answer.meta.currency),
                },
                { name: 'observed', label: 'Outcome', show: row => <Outcome observed={row.observed} /> },
              ]}
            />
          </Card>
        </div>
      )}
    </QueryState>
  )
}

function Outcome({ observed }: { observed: boolean | null }) {
  if (observed === null) return <Badge>period not ended</Badge>
  return observed ? <Badge tone="good">✓ ordered</Badge> : <Badge tone="warn">✕ did not order</Badge>
}

function ProbabilityChart({ scores, id }: { scores: HistoryScore[]; id: string }) {
  return (
    <ChartCard
      title="Chance to order (30 days) by update"
      fileName={`history-${id}`}
      height={200}
      rows={scores}
      columns={[
        { name: 'as_of', label: 'As of', show: row => day(row.as_of) },
        { name: 'probability', label: 'Chance to order', numeric: true, show: row => percent(row.probability) },
        {
          name: 'observed',
          label: 'Ordered',
          show: row => (row.observed === null ? NO_VALUE : row.observed ? 'yes' : 'no'),
        },
      ]}
    >
      <Lines
        rows={scores}
        x="as_of"
        xAxis={day}
        most={1}
        axis={percent}
        series={[{ key: 'probability', colour: 'var(--brand)', dots: true }]}
        title={row => day(row.as_of)}
        tips={row => [
          { label: 'Chance to order', value: percent(row.probability) },
          {
            label: 'Outcome',
            value: row.observed === null ? 'period not ended' : row.observed ? 'ordered' : 'did not order',
          },
        ]}
      />
    </ChartCard>
  )
}
