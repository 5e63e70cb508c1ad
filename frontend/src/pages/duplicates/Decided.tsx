import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { identityQueries, PAIRS_A_PAGE, useIdentity } from '@/features/identity/identity'
import { VERDICT_NAMES } from '@/features/identity/names'
import { DataTable } from '@/ui/DataTable'
import { dateTime } from '@/ui/format'
import { Card } from '@/ui/Page'
import { Pager } from '@/ui/Pager'
import { EmptyState, Loading, QueryState } from '@/ui/states'

const route = getRouteApi('/shell/duplicates')

/** Decisions in force, the newest first, each with its undo. */
export function Decided() {
  const { page = 1 } = route.useSearch()
  const navigate = useNavigate({ from: '/duplicates' })
  const query = useQuery(identityQueries.decisions(page))
  const { undoDecisions } = useIdentity()
  return (
    <>
      <QueryState
        query={query}
        loading={<Loading rows={6} height={40} />}
        isEmpty={answer => answer.total === 0}
        empty={
          <Card>
            <EmptyState title="No decisions yet" />
          </Card>
        }
      >
        {answer => (
          <Card title="Decisions" note="Undo also reverses the merge or split and puts the pair back in review" flush>
            <DataTable
              caption="Decisions"
              rows={answer.data}
              rowKey={row => row.decision_id}
              columns={[
                {
                  name: 'a',
                  label: 'Pair',
                  wrap: true,
                  show: ({ a, b }) => `${a.name ?? a.customer_id} and ${b.name ?? b.customer_id}`,
                },
                { name: 'verdict', label: 'Decision', show: row => VERDICT_NAMES[row.verdict] },
                { name: 'user', label: 'By', show: row => row.user?.name ?? 'Command line' },
                { name: 'decided_at', label: 'When', show: row => dateTime(row.decided_at) },
                {
                  name: 'decision_id',
                  label: '',
                  show: row => (
                    <Button
                      variant="subtle"
                      size="compact-sm"
                      loading={undoDecisions.isPending && undoDecisions.variables.includes(row.decision_id)}
                      onClick={() => undoDecisions.mutate([row.decision_id])}
                    >
                      Undo
                    </Button>
                  ),
                },
              ]}
            />
          </Card>
        )}
      </QueryState>
      <Pager
        page={page}
        pages={Math.ceil((query.data?.total ?? 0) / PAIRS_A_PAGE)}
        onPage={next => void navigate({ search: now => ({ ...now, page: next }), resetScroll: false })}
      />
    </>
  )
}
