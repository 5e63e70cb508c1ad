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
import { Rules } from './Rules'
import css from './Segments.module.css'
import { Shares } from './Shares'
import { TABS } from './search'
import { WhatToDo } from './WhatToDo'

const route = getRouteApi('/shell/segments')

/** Who the customers are: how many of each kind, worth what, moving where, and by which rules. */
export default function Segments() {
  const { tab = 'overview' } = route.useSearch()
  const can = usePermissions()
  const segments = useQuery(queries.segments())
  const filled = segments.data?.data.filter(row => row.customers > 0)
  const total = filled?.reduce((sum, row) => sum + row.customers, 0)
  const tabs = TABS.filter(each => each.value !== 'movement' || can('segments.movement'))
  return (
    <Page
      title="Segments"
      sentence={
        filled && total !== undefined ? `${plural(total, 'customer')} in ${plural(filled.length, 'segment')}` : ' '
      }
    >
      <Tabs label="About the segments" now={tab} tabs={tabs} />
      {tab === 'overview' && (
        <QueryState query={segments} loading={<Loading rows={2} height={360} gap={16} />}>
          {answer => (
            <div className={css.overview}>
              <Shares rows={answer.data} currency={answer.meta.currency} />
              <div className={css.pair}>
                <Grid />
                {can('customers.read') && <Histogram />}
              </div>
              <WhatToDo rows={answer.data} currency={answer.meta.currency} />
            </div>
          )}
        </QueryState>
      )}
      {tab === 'movement' && <Movement />}
      {tab === 'rules' && <Rules />}
    </Page>
  )
}
