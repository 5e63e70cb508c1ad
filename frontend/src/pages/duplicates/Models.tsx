import { Button } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, read } from '@/api/client'
import { usePermissions } from '@/api/useSession'
import { identityQueries, type MatchModel } from '@/features/identity/identity'
import { listCounts, MODEL_NAMES, MODEL_STATES, RUN_STATES } from '@/features/identity/names'
import { Badge } from '@/ui/Badge'
import { DataTable } from '@/ui/DataTable'
import { dateTime, decimal, money, percent, plural } from '@/ui/format'
import { Card } from '@/ui/Page'
import { EmptyState, Loading, QueryState } from '@/ui/states'
import { showError, showToast } from '@/ui/toasts'
import css from './Duplicates.module.css'

/** What the page shows of a model's card. */
interface ModelFacts {
  what?: string
  trained_on?: string
  learning?: string | { decisions: number; held_out_precision: number; held_out_merges: number }
  limits?: string[]
  effect?: { customers_merged: number; splits: number; customers: number; revenue: number }
}

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
                { name: 'run_id', label: 'Comparison', numeric: true },
                { name: 'started_at', label: 'Started', show: run => dateTime(run.started_at) },
                { name: 'state', label: 'State', show: run => RUN_STATES[run.state] },
                {
                  name: 'counts',
                  label: 'Result',
                  wrap: true,
                  show: run => [listCounts(run.counts), run.message].filter(Boolean).join('. '),
                },
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
  return (
    <Card
      title={MODEL_NAMES[model.kind]}
      note={`Model ${model.model_id}, trained ${dateTime(model.trained_at)}`}
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
          <Badge tone={model.state === 'served' ? 'good' : 'plain'}>{MODEL_STATES[model.state]}</Badge>
        )
      }
    >
      <Facts model={model} />
    </Card>
  )
}

function Facts({ model }: { model: MatchModel }) {
  const card: ModelFacts = model.card
  const facts = [
    { label: 'If you approve it', value: model.state === 'proposed' && card.effect && describeEffect(card.effect) },
    { label: 'What it answers', value: card.what },
    {
      label: 'Merges without asking',
      value: model.merge_weight !== null && `From ${bits(model.merge_weight)}. ${model.merge_odds}`,
    },
    {
      label: 'Asks for a decision',
      value: model.review_weight !== null && `From ${bits(model.review_weight)}. ${model.review_odds}`,
    },
    { label: 'Trained on', value: card.trained_on },
    { label: 'Learned from decisions', value: describeLearning(card.learning) },
    { label: 'Limits', value: card.limits?.join(' ') },
  ]
  return (
    <dl className={css.card}>
      {facts.map(
        ({ label, value }) =>
          value && (
            <div key={label}>
              <dt>{label}</dt>
              <dd>{value}</dd>
            </div>
          ),
      )}
    </dl>
  )
}

const bits = (weight: number) => `${decimal(weight, 1)} bits of evidence`

/** What the next comparison would change with a proposed model. */
function describeEffect({ customers_merged, splits, customers, revenue }: NonNullable<ModelFacts['effect']>): string {
  if (!customers) return 'The next comparison would change no customer.'
  return (
    `The next comparison would merge ${plural(customers_merged, 'customer')} into others and make ${plural(splits, 'split')}.` +
    ` This concerns ${plural(customers, 'customer')} with a net revenue of ${money(revenue, null)}.`
  )
}

/** What decisions taught a model, or in a sentence why they taught it nothing. */
function describeLearning(learning: ModelFacts['learning']) {
  if (typeof learning !== 'object') return learning
  const { decisions, held_out_precision, held_out_merges } = learning
  return `${plural(decisions, 'decision')}; ${percent(held_out_precision)} of ${plural(held_out_merges, 'merge')} right by decisions it had not seen`
}
