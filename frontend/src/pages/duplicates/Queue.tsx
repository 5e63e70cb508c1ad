import { NativeSelect } from '@mantine/core'
import '@/ui/theme/inputs'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { identityQueries, type OpenReview, PAIRS_A_PAGE } from '@/features/identity/identity'
import { WHY_NAMES } from '@/features/identity/names'
import { FilterChip } from '@/ui/FilterChip'
import { count, money, plural } from '@/ui/format'
import { Card } from '@/ui/Page'
import { Pager } from '@/ui/Pager'
import { EmptyState, Loading, QueryState } from '@/ui/states'
import css from './Duplicates.module.css'
import { ReviewPanel } from './ReviewPanel'
import { type DuplicatesSearch, filtersOf } from './search'

const route = getRouteApi('/shell/duplicates')
const VALUES = [100, 1_000, 10_000]
const DAYS = [7, 30, 90]

/** Pairs to decide on, the highest value at stake first, and the chosen one side by side. */
export function Queue() {
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/duplicates' })
  const page = search.page ?? 1
  const query = useQuery(identityQueries.reviews(filtersOf(search), page))
  const change = (next: Partial<DuplicatesSearch>) =>
    void navigate({
      search: now => ({ ...now, review: undefined, page: undefined, ...next }),
      replace: true,
      resetScroll: false,
    })
  const choose = (review: number | undefined) => change({ review, page: search.page })
  const isFiltered = Object.values(filtersOf(search)).some(value => value !== undefined)
  return (
    <>
      <div className={css.filters}>
        <NativeSelect
          label="Reason"
          value={search.why ?? ''}
          onChange={event => change({ why: (event.currentTarget.value || undefined) as DuplicatesSearch['why'] })}
          data={[
            { value: '', label: 'All reasons' },
            ...Object.entries(WHY_NAMES).map(([value, label]) => ({ value, label })),
          ]}
        />
        <NativeSelect
          label="Value at stake"
          value={search.min_value ?? ''}
          onChange={event => change({ min_value: Number(event.currentTarget.value) || undefined })}
          data={[
            { value: '', label: 'Any' },
            ...VALUES.map(value => ({ value: String(value), label: `At least ${count(value)}` })),
          ]}
        />
        <NativeSelect
          label="Waiting"
          value={search.min_days ?? ''}
          onChange={event => change({ min_days: Number(event.currentTarget.value) || undefined })}
          data={[
            { value: '', label: 'Any' },
            ...DAYS.map(days => ({ value: String(days), label: `${days} days or more` })),
          ]}
        />
        {search.pattern && <FilterChip onRemove={() => change({ pattern: undefined })}>Same evidence only</FilterChip>}
      </div>
      <QueryState
        query={query}
        loading={<Loading rows={6} height={56} />}
        isEmpty={answer => answer.total === 0}
        empty={
          <Card>
            <EmptyState title={isFiltered ? 'No pairs match these filters' : 'No pairs to review'}>
              {isFiltered
                ? 'Remove a filter to see more.'
                : 'After an import or a comparison of all records, pairs that are not certain enough to merge appear here.'}
            </EmptyState>
          </Card>
        }
      >
        {answer => {
          const chosen = answer.data.find(row => row.review_id === search.review) ?? answer.data[0]
          if (!chosen) return null
          const place = answer.data.indexOf(chosen)
          const next = answer.data[place + 1] ?? answer.data[place - 1]
          return (
            <div className={css.columns}>
              <Card title={plural(answer.total, 'pair')} note="Highest value at stake first" flush>
                <List rows={answer.data} chosen={chosen} currency={answer.meta?.currency} onChoose={choose} />
              </Card>
              <ReviewPanel
                key={chosen.review_id}
                row={chosen}
                currency={answer.meta?.currency}
                onSkip={() => choose(answer.data[(place + 1) % answer.data.length]?.review_id)}
                onDecided={() => choose(next?.review_id)}
                onPattern={search.pattern ? undefined : () => change({ pattern: chosen.pattern, why: chosen.why })}
              />
            </div>
          )
        }}
      </QueryState>
      <Pager
        page={page}
        pages={Math.ceil((query.data?.total ?? 0) / PAIRS_A_PAGE)}
        onPage={next => change({ page: next })}
      />
    </>
  )
}

interface ListProps {
  rows: OpenReview[]
  chosen: OpenReview
  currency: string | null | undefined
  onChoose: (review_id: number) => void
}

function List({ rows, chosen, currency, onChoose }: ListProps) {
  return (
    <ul className={css.list}>
      {rows.map(row => (
        <li key={row.review_id}>
          <button
            type="button"
            className={css.row}
            aria-current={row === chosen || undefined}
            onClick={() => onChoose(row.review_id)}
          >
            <span className={css.names}>
              {row.a.name ?? row.a.customer_id} <span className={css.dim}>and</span> {row.b.name ?? row.b.customer_id}
            </span>
            <strong>{money(row.value_at_stake, currency)}</strong>
            <span className={css.dim}>{row.evidence}</span>
            <span className={css.dim}>{row.age_days ? plural(row.age_days, 'day') : 'today'}</span>
          </button>
        </li>
      ))}
    </ul>
  )
}
