import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { queries } from '@/api/queries'
import { usePermissions } from '@/api/useSession'
import { plural } from '@/ui/format'
import { Page } from '@/ui/Page'
import { Loading, QueryState } from '@/ui/states'
import { Tabs } from '@/ui/Tabs'
import { Grid } from './Grid'
import { Histogram } from './Histogram'
import { Movement } from './Movement'
import { RecommendedActions } from './RecommendedActions'
import { Rules } from './Rules'
import css from './Segments.module.css'
import { Shares } from './Shares'
import { TABS } from './search'

const route = getRouteApi('/shell/segments')

/** Customer segments: size and revenue, movement between them, and their rules. */
export default function Segments() {
  const { tab = 'overview' } = route.useSearch()
  const can = usePermissions()
  const segments = useQuery(queries.segments())
  const nonEmpty = segments.data?.data.filter(row => row.customers > 0)
  const total = nonEmpty?.reduce((sum, row) => sum + row.customers, 0)
  const tabs = TABS.filter(each => each.value !== 'movement' || can('segments.movement'))
  return (
    <Page
      title="Segments"
      sentence={
        nonEmpty && total !== undefined ? `${plural(total, 'customer')} in ${plural(nonEmpty.length, 'segment')}` : ' '
      }
    >
      <Tabs label="Segment views" now={tab} tabs={tabs} />
      {tab === 'overview' && (
        <QueryState query={segments} loading={<Loading rows={2} height={360} gap={16} />}>
          {answer => (
            <div className={css.overview}>
              <Shares rows={answer.data} currency={answer.meta.currency} />
              <div className={css.pair}>
                <Grid />
                {can('customers.read') && <Histogram />}
              </div>
              <RecommendedActions rows={answer.data} currency={answer.meta.currency} />
            </div>
          )}
        </QueryState>
      )}
      {tab === 'movement' && can('segments.movement') && <Movement />}
      {tab === 'rules' && <Rules />}
    </Page>
  )
}
