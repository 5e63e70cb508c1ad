import { useQuery } from '@tanstack/react-query'
import { ask } from '@/api/questions'
import { DataTable } from '@/components/DataTable'
import { WhereFrom } from '@/components/Figure'
import { Faced, Waiting } from '@/components/faces'
import { count, money } from '@/components/format'
import { Card } from '@/components/Page'

const MEANINGS: Record<string, string> = {
  counted: 'sold to a known customer: counts everywhere',
  returns: 'sent back: lowers revenue',
  cancelled: 'cancelled orders: count nowhere',
  non_product: 'postage, fees, vouchers: not goods',
  anonymous: 'sold to nobody known: counts in revenue, not in scores',
  later: 'dated after the day the run speaks of',
}

/** Every line of the data once, by what it counts as. */
export function LineClasses() {
  const query = useQuery(ask.lineClasses())
  return (
    <Card
      title="What counts"
      note="Every order line is in exactly one class"
      actions={<WhereFrom label="Line classes" address="/api/lines/classes" />}
      flush
    >
      <Faced query={query} waiting={<Waiting rows={6} height={32} />}>
        {answer => (
          <DataTable
            caption="Order lines by class"
            rows={answer.data}
            rowKey={row => row.class}
            columns={[
              { name: 'class', label: 'Class', wrap: true, show: row => <ClassName name={row.class} /> },
              { name: 'lines', label: 'Lines', numeric: true, show: row => count(row.lines) },
              { name: 'amount', label: 'Money', numeric: true, show: row => money(row.amount, answer.meta.currency) },
            ]}
          />
        )}
      </Faced>
    </Card>
  )
}

function ClassName({ name }: { name: string }) {
  return (
    <>
      <strong>{name.replace('_', ' ')}</strong>
      <br />
      {MEANINGS[name]}
    </>
  )
}
