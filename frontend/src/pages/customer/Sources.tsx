import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Customer } from '@/api/shapes'
import { type CustomerIdentity, identityQueries, type Move, useIdentity } from '@/features/identity/identity'
import { MADE_BY } from '@/features/identity/names'
import { dateTime, day, plural } from '@/ui/format'
import { lazyComponent } from '@/ui/lazyComponent'
import { Card } from '@/ui/Page'
import { Loading, QueryState } from '@/ui/states'
import css from './Customer.module.css'
import { GoldenRecord } from './GoldenRecord'

const SplitDialog = lazyComponent(() => import('./SplitDialog'))
const Enrichment = lazyComponent(() => import('./Enrichment'))
const ExplainDialog = lazyComponent(() => import('@/features/identity/ExplainDialog'))

/** What the customer is made of: values with their sources, records, merges and splits with their undo. */
export function Sources({ data }: { data: Customer }) {
  const query = useQuery(identityQueries.customer(data.customer_id))
  return (
    <>
      <GoldenRecord data={data} />
      <Enrichment customerId={data.customer_id} />
      <QueryState query={query} loading={<Loading rows={4} height={48} />}>
        {identity => (
          <>
            <Records identity={identity} />
            <Moves identity={identity} />
          </>
        )}
      </QueryState>
    </>
  )
}

function Records({ identity }: { identity: CustomerIdentity }) {
  const [isSplitting, setSplitting] = useState(false)
  const [explained, setExplained] = useState<string | null>(null)
  const { records, can_change } = identity
  const first = records[0]
  return (
    <Card
      title={plural(records.length, 'record')}
      note={
        identity.merged_ids.length
          ? `Also known as ${identity.merged_ids.join(', ')}`
          : 'What each source says about this customer'
      }
      actions={
        can_change && (
          <>
            {records.length > 1 && (
              <Button variant="default" onClick={() => setSplitting(true)}>
                Split
              </Button>
            )}
            <Button variant="default" onClick={() => setExplained('')}>
              Compare with another
            </Button>
          </>
        )
      }
    >
      {!identity.is_in_run && (
        <p className={css.dim}>
          Records were merged or split after the latest update. Scores, orders and lists change with the next one.
        </p>
      )}
      <ul className={css.sources}>
        {records.map(record => (
          <li key={record.record_id}>
            <strong>{record.source}</strong> <span className={css.dim}>{record.source_key}</span>
            <span dir="auto">{record.name}</span>
            <span className={css.dim}>
              {[record.postcode, record.city].filter(Boolean).join(' ')}
              {record.loaded_at && ` · import ${record.batch_id}, ${day(record.loaded_at)}`}
            </span>
            {can_change && first && record !== first && (
              <Button variant="subtle" size="compact-sm" onClick={() => setExplained(String(record.record_id))}>
                Why one customer?
              </Button>
            )}
          </li>
        ))}
      </ul>
      {isSplitting && <SplitDialog identity={identity} onClose={() => setSplitting(false)} />}
      {explained !== null && first && (
        <ExplainDialog
          a={explained ? String(first.record_id) : identity.customer_id}
          b={explained}
          onClose={() => setExplained(null)}
        />
      )}
    </Card>
  )
}

function Moves({ identity }: { identity: CustomerIdentity }) {
  const { undoMove } = useIdentity()
  return (
    <Card title="Merges and splits" note={identity.moves.length ? 'You can undo each of them at any time' : undefined}>
      {identity.moves.length === 0 && <p className={css.dim}>None yet.</p>}
      <ul className={css.sources}>
        {identity.moves.map(move => (
          <li key={move.move_id} data-undone={move.undone_at !== null || undefined}>
            <span>{describe(move)}</span>
            <span className={css.dim}>
              {move.user?.name ?? MADE_BY[move.made_by]}, {dateTime(move.made_at)}
              {move.reason && `: ${move.reason}`}
            </span>
            {move.undone_at ? (
              <span className={css.dim}>
                Undone {dateTime(move.undone_at)}
                {move.undone_by?.name && ` by ${move.undone_by.name}`}
              </span>
            ) : (
              identity.can_change && (
                <Button
                  variant="subtle"
                  size="compact-sm"
                  loading={undoMove.isPending && undoMove.variables === move.move_id}
                  onClick={() => undoMove.mutate(move.move_id)}
                >
                  Undo
                </Button>
              )
            )}
          </li>
        ))}
      </ul>
    </Card>
  )
}

const describe = ({ kind, customer_id, other_ids, record_ids }: Move) =>
  kind === 'merge'
    ? `${other_ids.join(', ')} merged into ${customer_id}`
    : `${plural(record_ids.length, 'record')} of ${customer_id} split off as ${other_ids[0]}`
