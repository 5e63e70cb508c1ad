import { useQuery } from '@tanstack/react-query'
import { ask } from '@/api/questions'
import type { Customer, HistoryScore } from '@/api/shapes'
import { ChartCard } from '@/components/charts/ChartCard'
import { Lines } from '@/components/charts/Lines'
import { DataTable } from '@/components/DataTable'
import { Empty, Faced, Waiting } from '@/components/faces'
import { day, MISSING, money, percent } from '@/components/format'
import { Chip } from '@/components/marks'
import { Card } from '@/components/Page'
import { SegmentMark } from '@/components/SegmentMark'
import css from './Customer.module.css'

/** What each run said, and whether it came true. */
export function History({ data }: { data: Customer }) {
  const query = useQuery(ask.history(data.customer_id))
  return (
    <Faced
      query={query}
      waiting={<Waiting rows={2} height={240} />}
      isEmpty={answer => answer.scores.length === 0}
      empty={<Empty title="No earlier runs">Every run from now on is kept here.</Empty>}
    >
      {answer => (
        <div className={css.column}>
          <Probability
            scores={answer.scores.filter(score => score.probability !== null).reverse()}
            id={data.customer_id}
          />
          <Card title="Run by run" flush>
            <DataTable
              caption="What each run said"
              rowKey={row => row.run_id}
              rows={answer.scores}
              columns={[
                { name: 'as_of', label: 'As of', show: row => day(row.as_of) },
                {
                  name: 'segment',
                  label: 'Segment',
                  show: row => (row.segment ? <SegmentMark segment={row.segment} /> : MISSING),
                },
                { name: 'rfm_score', label: 'RFM', numeric: true },
                { name: 'probability', label: 'Probability', numeric: true, show: row => percent(row.probability) },
                {
                  name: 'value_12m',
                  label: 'Next 12 months',
                  numeric: true,
                  show: row => money(row.value_12m, answer.meta.currency),
                },
                { name: 'came', label: 'What came', show: row => <Came came={row.came} /> },
              ]}
            />
          </Card>
        </div>
      )}
    </Faced>
  )
}

function Came({ came }: { came: boolean | null }) {
  if (came === null) return <Chip>not over yet</Chip>
  return came ? <Chip tone="good">✓ ordered</Chip> : <Chip tone="warn">✕ did not order</Chip>
}

function Probability({ scores, id }: { scores: HistoryScore[]; id: string }) {
  return (
    <ChartCard
      title="Probability of an order within 30 days, run by run"
      fileName={`history-${id}`}
      height={200}
      rows={scores}
      columns={[
        { name: 'as_of', label: 'As of', show: row => day(row.as_of) },
        { name: 'probability', label: 'Probability', numeric: true, show: row => percent(row.probability) },
        { name: 'came', label: 'Ordered', show: row => (row.came === null ? MISSING : row.came ? 'yes' : 'no') },
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
          { label: 'Probability', value: percent(row.probability) },
          { label: 'What came', value: row.came === null ? 'not over yet' : row.came ? 'ordered' : 'did not order' },
        ]}
      />
    </ChartCard>
  )
}
