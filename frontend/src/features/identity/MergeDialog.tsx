import { Radio } from '@mantine/core'
import '@mantine/core/styles/Radio.layer.css'
import '@/ui/theme/inputs'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { ConfirmDialog } from '@/ui/ConfirmDialog'
import { count, day, money, plural } from '@/ui/format'
import { Loading, QueryState } from '@/ui/states'
import css from './Identity.module.css'
import { identityQueries, type MergePreview, useIdentity } from './identity'

/** What merging customers changes, and which of their ids is kept; merges when confirmed. */
export default function MergeDialog({
  ids,
  onDone,
  onClose,
}: {
  ids: string[]
  onDone?: (kept: string) => void
  onClose: () => void
}) {
  const [kept, setKept] = useState(ids[0] ?? '')
  const ordered = [kept, ...ids.filter(id => id !== kept)]
  const query = useQuery(identityQueries.mergePreview(ordered))
  const { merge } = useIdentity()
  return (
    <ConfirmDialog
      title={`Merge ${plural(ids.length, 'customer')}?`}
      action="Merge"
      size="lg"
      isDisabled={!query.data || query.isPlaceholderData}
      isBusy={merge.isPending}
      error={merge.error}
      onConfirm={() =>
        merge.mutate(ordered, {
          onSuccess: done => {
            onClose()
            onDone?.(done.customer_id)
          },
        })
      }
      onClose={onClose}
    >
      <QueryState query={query} loading={<Loading rows={4} height={40} />}>
        {preview => (
          <div className={css.stack}>
            <Choice preview={preview} kept={kept} onChange={setKept} />
            <Effects preview={preview} />
          </div>
        )}
      </QueryState>
    </ConfirmDialog>
  )
}

function Choice({ preview, kept, onChange }: { preview: MergePreview; kept: string; onChange: (id: string) => void }) {
  const rows = [...preview.customers].sort((one, other) => one.customer_id.localeCompare(other.customer_id))
  return (
    <Radio.Group label="Customer number to keep" value={kept} onChange={onChange}>
      <div className={css.choices}>
        {rows.map(row => (
          <Radio
            key={row.customer_id}
            value={row.customer_id}
            label={`${row.name ?? row.customer_id}${row.name ? ` · ${row.customer_id}` : ''}`}
            description={[
              plural(row.orders, 'order'),
              money(row.revenue, preview.meta?.currency),
              row.segment,
              row.owner && `Owner: ${row.owner.name ?? 'a colleague'}`,
              row.follow_ups > 0 && `${plural(row.follow_ups, 'follow-up')} open`,
            ]
              .filter(Boolean)
              .join(' · ')}
          />
        ))}
      </div>
    </Radio.Group>
  )
}

function Effects({ preview }: { preview: MergePreview }) {
  const { moves, after, meta } = preview
  return (
    <ul className={css.effects}>
      <li>
        Moves {money(moves.revenue, meta?.currency)} and {plural(moves.orders, 'order')} to {preview.customer_id}.
      </li>
      {after?.segment && (
        <li>
          {segmentsBefore(preview)} one in {after.segment} (RFM {after.rfm_score}).
        </li>
      )}
      <li>
        {preview.owner_after
          ? `Owner: ${preview.owner_after.name ?? 'a colleague'}.${preview.owners_differ ? ' The customers have different owners now; the owner of the number you keep stays.' : ''}`
          : 'No owner.'}
      </li>
      {preview.customers.some(row => row.follow_ups) && <li>Open follow-ups and notes move too.</li>}
      {preview.refused.map(each => (
        <li key={`${each.customer_a} ${each.customer_b}`} className={css.bad}>
          {each.user?.name ?? 'Someone'} decided on {day(each.decided_at)} that {each.customer_a} and {each.customer_b}{' '}
          are different. Merging overrides this decision.
        </li>
      ))}
      <li className={css.dim}>
        The figures are from the latest update; other pages change with the next one. You can undo the merge at any
        time.
      </li>
    </ul>
  )
}

/** "2 in At-Risk become", "One in Champions and one in Lost become". */
function segmentsBefore({ customers }: MergePreview): string {
  const counts = new Map<string, number>()
  for (const { segment } of customers) {
    const name = segment ? `in ${segment}` : 'without a score'
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  const parts = [...counts].map(([name, number]) => `${number > 1 ? count(number) : 'one'} ${name}`)
  const listed = parts.length > 1 ? `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}` : (parts[0] ?? '')
  return `${listed.charAt(0).toUpperCase()}${listed.slice(1)} become`
}
