import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { queries } from '@/api/queries'
import { CalculationLink } from '@/features/calculation/Metric'
import { DataTable } from '@/ui/DataTable'
import { count, money } from '@/ui/format'
import { Card } from '@/ui/Page'
import { addressWith } from '@/ui/searchParams'
import { Loading, QueryState } from '@/ui/states'
import { filtersOf } from './search'

const route = getRouteApi('/shell/sales')

const CLASSES: Record<string, { label: string; effect: string }> = {
  counted: { label: 'Sales to known customers', effect: 'Included in revenue and in all scores' },
  returns: { label: 'Returns', effect: 'Subtracted from revenue' },
  cancelled: { label: 'Cancelled orders', effect: 'Not included' },
  non_product: { label: 'Postage, fees and vouchers', effect: 'Not included: not products' },
  anonymous: { label: 'Anonymous sales', effect: 'Included in revenue, but not in scores: the customer is not known' },
  later: { label: 'Later orders', effect: 'Not included yet: dated after this update' },
}

/** How many order lines are included in revenue and scores, and how many are not and why. */
export function LineClasses() {
  const { compare: _compare, ...filters } = filtersOf(route.useSearch())
  const query = useQuery(queries.lineClasses(filters))
  return (
    <Card
      title="What is included"
      note="Every order line belongs to exactly one class"
      actions={<CalculationLink label="What is included" address={addressWith('/api/lines/classes', filters)} />}
      flush
    >
      <QueryState query={query} loading={<Loading rows={6} height={32} />}>
        {answer => (
          <DataTable
            caption="Order lines by class"
            rows={answer.data}
            rowKey={row => row.class}
            columns={[
              { name: 'class', label: 'Order lines', wrap: true, show: row => <ClassName name={row.class} /> },
              { name: 'lines', label: 'Number', numeric: true, show: row => count(row.lines) },
              { name: 'amount', label: 'Amount', numeric: true, show: row => money(row.amount, answer.meta.currency) },
            ]}
          />
        )}
      </QueryState>
    </Card>
  )
}

function ClassName({ name }: { name: string }) {
  return (
    <>
      <strong>{CLASSES[name]?.label ?? name}</strong>
      <br />
      {CLASSES[name]?.effect}
    </>
  )
}
