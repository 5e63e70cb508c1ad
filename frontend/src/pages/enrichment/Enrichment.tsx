import { Button, NativeSelect } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { DecisionButtons } from '@/features/enrichment/DecisionButtons'
import css from '@/features/enrichment/Enrichment.module.css'
import { enrichmentQueries } from '@/features/enrichment/enrichmentQueries'
import { describeValue, FIELD_NAMES, type Proposal, SOURCE_NAMES, STATE_NAMES } from '@/features/enrichment/names'
import { parseProposals } from '@/features/enrichment/search'
import { useDecisions } from '@/features/enrichment/useDecisions'
import { DataTable } from '@/ui/DataTable'
import { ErrorText } from '@/ui/ErrorText'
import { day, percent, plural } from '@/ui/format'
import { Card, Page } from '@/ui/Page'
import { EmptyState, Loading, QueryState } from '@/ui/states'
import { Rules } from './Rules'
import { Tasks } from './Tasks'

/** What directories propose about customers: accepted, refused, undone; the rules, and hosts that someone has to look at. */
export default function Enrichment() {
  const search = useSearch({ from: '/shell/enrichment' })
  const query = useQuery(enrichmentQueries.proposals(search))
  const decide = useDecisions()
  const state = search.state ?? 'open'
  return (
    <Page
      title="Proposals"
      sentence={query.data && `${plural(query.data.total, 'proposal')} ${STATE_NAMES[state].toLowerCase()}`}
    >
      <Tasks />
      <Filters />
      <QueryState
        query={query}
        loading={<Loading rows={6} height={40} />}
        isEmpty={({ data }) => data.length === 0}
        empty={
          <EmptyState title="No proposals">
            Load a directory and compare your customers with it: foresell directories load, then foresell enrich.
          </EmptyState>
        }
      >
        {({ data, next_after }) => (
          <Card
            title="Values of directories"
            note="An accepted value is shown with its source where your own records have nothing"
            flush
            actions={
              state === 'open' && (
                <Button
                  variant="default"
                  loading={decide.isPending}
                  onClick={() => decide.mutate({ ids: data.map(each => each.proposal_id), decision: 'accepted' })}
                >
                  Accept these {data.length}
                </Button>
              )
            }
          >
            <Proposals rows={data} />
            {next_after !== null && (
              <Link from="/enrichment" to="/enrichment" search={now => ({ ...now, after: next_after })}>
                More
              </Link>
            )}
          </Card>
        )}
      </QueryState>
      <ErrorText error={decide.error} />
      <Rules />
    </Page>
  )
}

function Proposals({ rows }: { rows: Proposal[] }) {
  const decide = useDecisions()
  return (
    <DataTable
      caption="Proposals"
      rows={rows}
      rowKey={row => row.proposal_id}
      columns={[
        {
          name: 'customer_id',
          label: 'Customer',
          show: row => (
            <Link to="/customers/$id" params={{ id: row.customer_id }}>
              {row.customer_id}
            </Link>
          ),
        },
        { name: 'field', label: 'Field', show: row => FIELD_NAMES[row.field] },
        { name: 'value', label: 'Value', wrap: true, show: row => describeValue(row.value) },
        {
          name: 'source',
          label: 'Source',
          wrap: true,
          show: row => (
            <>
              {SOURCE_NAMES[row.source]}
              {row.is_made_up && ' (made up)'}
              <div className={css.source}>
                {row.attribution}, {row.licence}, kept until {day(row.retention_until)}
              </div>
            </>
          ),
        },
        { name: 'confidence', label: 'Sure', show: row => percent(row.confidence, 1) },
        {
          name: 'proposal_id',
          label: '',
          show: row => <DecisionButtons row={row} decide={decide} of={row.customer_id} />,
        },
      ]}
    />
  )
}

function Filters() {
  const search = useSearch({ from: '/shell/enrichment' })
  const navigate = useNavigate({ from: '/enrichment' })
  const choose = (changed: Record<string, string>) =>
    void navigate({ search: parseProposals({ ...search, after: undefined, ...changed }), resetScroll: false })
  return (
    <div className={css.filters}>
      <NativeSelect
        label="State"
        value={search.state ?? 'open'}
        onChange={event => choose({ state: event.currentTarget.value })}
        data={Object.entries(STATE_NAMES).map(([value, label]) => ({ value, label }))}
      />
      <NativeSelect
        label="Field"
        value={search.field ?? ''}
        onChange={event => choose({ field: event.currentTarget.value })}
        data={[{ value: '', label: 'All' }, ...Object.entries(FIELD_NAMES).map(([value, label]) => ({ value, label }))]}
      />
      <NativeSelect
        label="Source"
        value={search.source ?? ''}
        onChange={event => choose({ source: event.currentTarget.value })}
        data={[
          { value: '', label: 'All' },
          ...Object.entries(SOURCE_NAMES).map(([value, label]) => ({ value, label })),
        ]}
      />
    </div>
  )
}
