import { Button } from '@mantine/core'
import { IconColumns3, IconDownload, IconPrinter } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useDeferredValue, useState } from 'react'
import { Problem } from '@/api/client'
import { queries } from '@/api/queries'
import { usePermissions, useUser } from '@/api/useSession'
import { NoCustomersAssigned } from '@/features/customer/NoCustomersAssigned'
import { useCustomerPanel } from '@/features/customer/useCustomerPanel'
import { plural } from '@/ui/format'
import { lazyComponent } from '@/ui/lazyComponent'
import { Page } from '@/ui/Page'
import { useShortcuts } from '@/ui/shortcuts'
import { EmptyState, ErrorState, Loading } from '@/ui/states'
import { usePrinting } from '@/ui/usePrinting'
import { BulkBar } from './BulkBar'
import css from './Customers.module.css'
import { Filters } from './Filters'
import { List } from './List'
import { PrintedList } from './PrintedList'
import { type CustomersSearch, toQuery } from './search'
import { change as changeSelection, countSelected, isSelected, setSelection, toBody, useSelection } from './selection'
import { Views } from './Views'

const ColumnChooser = lazyComponent(() => import('./ColumnChooser'))
const ExportDialog = lazyComponent(() => import('@/features/export/ExportDialog'))
const route = getRouteApi('/shell/customers')
const MOST_PRINTED = 5_000

/** All customers visible to the user: filter, sort, select, export. The selection outlives the page; everything else is in the URL. */
export default function Customers() {
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/customers' })
  const can = usePermissions()
  const panel = useCustomerPanel()
  const user = useUser()
  const filters = toQuery(search)
  const isFiltered = Object.keys(search).some(name => !['sort', 'open', 'view'].includes(name))
  const query = useInfiniteQuery(queries.customers(filters))
  const selection = useSelection()
  const selected = countSelected(selection)
  const { sort, ...matching } = filters
  const [exporting, setExporting] = useState(false)
  const [choosing, setChoosing] = useState(false)
  // The first rows are drawn as a transition, like any first data (see QueryState).
  const isReady = useDeferredValue(query.data !== undefined)
  const first = isReady ? query.data?.pages[0] : undefined
  const rows = query.data?.pages.flatMap(page => page.data) ?? []
  const canExport = can('customers.export')
  const isPrinting = usePrinting()

  /** Loads the rest of the list, as far as paper makes sense, and prints it. */
  async function print() {
    for (let loaded = rows.length, more = query.hasNextPage; more && loaded < MOST_PRINTED; ) {
      const next = await query.fetchNextPage()
      loaded = next.data?.pages.reduce((sum, page) => sum + page.data.length, 0) ?? loaded
      more = next.hasNextPage && !next.isError
    }
    // The new rows are drawn as a transition.
    setTimeout(() => window.print(), 100)
  }

  /** A filter value the API refuses, as in a URL typed by hand. */
  const badFilter =
    !query.data && query.error instanceof Problem && query.error.code === 'invalid_parameter' ? query.error : null
  const clear = (
    <Button variant="default" onClick={() => void navigate({ search: {} })}>
      Clear filters
    </Button>
  )

  useShortcuts({ e: () => canExport && setExporting(true) })

  function change(part: Partial<CustomersSearch>, replace = false) {
    void navigate({ search: now => clean({ ...now, ...part }), replace, resetScroll: false })
  }

  return (
    <div className={css.customers} data-panel={panel.open ? true : undefined}>
      <Page
        title="Customers"
        sentence={first ? plural(first.total, 'customer') : ' '}
        actions={
          <>
            <Views search={search} onOpen={view => void navigate({ search: clean(view) })} />
            <Button
              variant="default"
              leftSection={<IconColumns3 size={16} aria-hidden />}
              onClick={() => setChoosing(true)}
            >
              Columns
            </Button>
            <Button
              variant="default"
              leftSection={<IconPrinter size={16} aria-hidden />}
              disabled={!first?.total}
              onClick={() => void print()}
            >
              Print
            </Button>
            {canExport && (
              <Button
                variant="default"
                leftSection={<IconDownload size={16} aria-hidden />}
                disabled={!first?.total}
                onClick={() => setExporting(true)}
              >
                Export
              </Button>
            )}
          </>
        }
      >
        <Filters search={search} onChange={change} />
        {badFilter ? (
          <EmptyState title={badFilter.message} action={clear}>
            {badFilter.remedy}
          </EmptyState>
        ) : !query.data && query.error ? (
          <ErrorState error={query.error} onRetry={() => void query.refetch()} />
        ) : !first ? (
          <div className={css.frame}>
            <div className={css.loading}>
              <Loading rows={16} height={20} gap={24} />
            </div>
          </div>
        ) : first.total === 0 ? (
          <div className={css.frame}>
            {isFiltered || user.scope === 'all' ? (
              <EmptyState
                title={search.owner === 'unassigned' ? 'No unassigned customers match' : 'No customers match'}
                action={clear}
              >
                Change or clear a filter to see more customers.
              </EmptyState>
            ) : (
              <NoCustomersAssigned />
            )}
          </div>
        ) : isPrinting ? (
          <PrintedList
            rows={rows}
            total={first.total}
            wanted={{ sort, chosen: user.preferences.columns ?? undefined }}
            currency={first.meta.currency}
          />
        ) : (
          <List
            rows={rows}
            total={first.total}
            currency={first.meta.currency}
            sort={sort}
            open={panel.open}
            isSelected={customer => isSelected(selection, customer, matching)}
            isStale={query.isPlaceholderData}
            hasMore={query.hasNextPage && !query.isFetchingNextPage && !query.isFetchNextPageError}
            onMore={() => void query.fetchNextPage()}
            onSort={sort => change({ sort }, true)}
            onOpen={panel.show}
            onPrepare={panel.prepare}
            onSelect={(customers, chosen) => setSelection(changeSelection(selection, customers, chosen))}
          />
        )}
        {query.isFetchNextPageError && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      </Page>
      {selected > 0 && (
        <BulkBar
          selection={selection}
          rows={rows}
          filters={matching}
          total={first?.total ?? 0}
          currency={first?.meta.currency}
          onExport={() => setExporting(true)}
        />
      )}
      {panel.panel}
      {choosing && <ColumnChooser onClose={() => setChoosing(false)} />}
      {exporting && first && (
        <ExportDialog
          filters={filters}
          total={first.total}
          selected={selected ? { body: toBody(selection), count: selected } : undefined}
          onClose={() => setExporting(false)}
        />
      )}
      <p className="only-read" role="status">
        {first && !query.isFetching ? plural(first.total, 'customer') : ''}
      </p>
    </div>
  )
}

function clean<Search extends object>(search: Search): Search {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined && value !== '')) as Search
}
