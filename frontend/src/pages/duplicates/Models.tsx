import { Button } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, read } from '@/api/client'
import { usePermissions } from '@/api/useSession'
import { identityQueries, type MatchModel } from '@/features/identity/identity'
import { Badge } from '@/ui/Badge'
import { DataTable } from '@/ui/DataTable'
import { count, dateTime, humanize } from '@/ui/format'
import { Card } from '@/ui/Page'
import { EmptyState, Loading, QueryState } from '@/ui/states'
import { showError, showToast } from '@/ui/toasts'
import css from './Duplicates.module.css'

const STATES: Record<MatchModel['state'], string> = {
  proposed: 'Waits for approval',
  served: 'In use',
  refused: 'Refused',
  replaced: 'Replaced',
}

const NOT_SHOWN = ['seed', 'trained_at']

/** Matching models with their cards, approved or refused by an administrator, and comparisons of all records. */
export function Models() {
  const models = useQuery(identityQueries.models())
  const runs = useQuery(identityQueries.runs())
  return (
    <>
      <QueryState
        query={models}
        loading={<Loading rows={2} height={120} />}
        isEmpty={answer => answer.data.length === 0}
        empty={
          <Card>
            <EmptyState title="No matching model yet">The first comparison of all records trains one.</EmptyState>
          </Card>
        }
      >
        {answer => (
          <>
            {answer.data.map(model => (
              <ModelCard key={model.model_id} model={model} />
            ))}
          </>
        )}
      </QueryState>
      <Card title="Comparisons of all records" flush>
        <QueryState query={runs} isEmpty={answer => answer.data.length === 0} empty={<EmptyState title="None yet" />}>
          {answer => (
            <DataTable
              caption="Comparisons of all records"
              rows={answer.data}
              rowKey={run => run.run_id}
              columns={[
                { name: 'run_id', label: 'Number', numeric: true },
                { name: 'started_at', label: 'Started', show: run => dateTime(run.started_at) },
                { name: 'state', label: 'State', show: run => humanize(run.state) },
                { name: 'counts', label: 'Found', wrap: true, show: run => run.message ?? listFacts(run.counts) },
              ]}
            />
          )}
        </QueryState>
      </Card>
    </>
  )
}

function ModelCard({ model }: { model: MatchModel }) {
  const can = usePermissions()
  const queryClient = useQueryClient()
  const judge = useMutation({
    mutationFn: (approve: boolean) =>
      read(
        api.POST('/api/identity/models/{model_id}/decision', {
          params: { path: { model_id: model.model_id } },
          body: { approve },
        }),
      ),
    onSuccess: done => {
      showToast(done.state === 'served' ? 'Approved: the next comparison uses it' : 'Refused', { tone: 'good' })
      void queryClient.invalidateQueries({ queryKey: ['identity'] })
    },
    onError: showError,
  })
  const facts = Object.entries(model.card).filter(
    ([name, value]) => !NOT_SHOWN.includes(name) && ['string', 'number', 'boolean'].includes(typeof value),
  )
  return (
    <Card
      title={model.kind === 'person' ? 'Model of people' : 'Model of companies'}
      note={`Number ${model.model_id}, trained ${dateTime(model.trained_at)}`}
      actions={
        model.state === 'proposed' && can('identity.manage') ? (
          <>
            <Button variant="default" disabled={judge.isPending} onClick={() => judge.mutate(false)}>
              Refuse
            </Button>
            <Button loading={judge.isPending} onClick={() => judge.mutate(true)}>
              Approve
            </Button>
          </>
        ) : (
          <Badge tone={model.state === 'served' ? 'good' : 'plain'}>{STATES[model.state]}</Badge>
        )
      }
    >
      <dl className={css.card}>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{humanize(name.replaceAll('_', ' '))}</dt>
            <dd>{typeof value === 'number' ? count(value) : String(value)}</dd>
          </div>
        ))}
      </dl>
    </Card>
  )
}

/** "Records 5,000, pairs 800": the plain numbers. */
function listFacts(counts: Record<string, unknown>): string {
  return Object.entries(counts)
    .filter(([, value]) => typeof value === 'number')
    .map(([name, value]) => `${humanize(name.replaceAll('_', ' '))} ${count(value as number)}`)
    .join(', ')
}
