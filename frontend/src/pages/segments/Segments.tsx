import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { ask } from '@/api/questions'
import { Faced, Waiting } from '@/components/faces'
import { many } from '@/components/format'
import { Page } from '@/components/Page'
import { useMay } from '@/components/signedIn'
import { Tabs } from '@/components/Tabs'
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
  const may = useMay()
  const segments = useQuery(ask.segments())
  const filled = segments.data?.data.filter(row => row.customers > 0)
  const total = filled?.reduce((sum, row) => sum + row.customers, 0)
  const tabs = TABS.filter(each => each.value !== 'movement' || may('segments.movement'))
  return (
    <Page
      title="Segments"
      sentence={filled && total !== undefined ? `${many(total, 'customer')} in ${many(filled.length, 'segment')}` : ' '}
    >
      <Tabs label="About the segments" now={tab} tabs={tabs} />
      {tab === 'overview' && (
        <Faced query={segments} waiting={<Waiting rows={2} height={360} gap={16} />}>
          {answer => (
            <div className={css.overview}>
              <Shares rows={answer.data} currency={answer.meta.currency} />
              <div className={css.pair}>
                <Grid />
                {may('customers.read') && <Histogram />}
              </div>
              <WhatToDo rows={answer.data} currency={answer.meta.currency} />
            </div>
          )}
        </Faced>
      )}
      {tab === 'movement' && <Movement />}
      {tab === 'rules' && <Rules />}
    </Page>
  )
}
