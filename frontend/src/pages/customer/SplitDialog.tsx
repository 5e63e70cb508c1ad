import { Checkbox } from '@mantine/core'
import '@/ui/theme/inputs'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { type CustomerIdentity, identityQueries, type SplitPreview, useIdentity } from '@/features/identity/identity'
import { ConfirmDialog } from '@/ui/ConfirmDialog'
import { money, plural } from '@/ui/format'
import { Loading, QueryState } from '@/ui/states'
import css from './Customer.module.css'

/** Chooses the records that are another customer, and shows the orders and money that move with them. */
export default function SplitDialog({ identity, onClose }: { identity: CustomerIdentity; onClose: () => void }) {
  const [chosen, setChosen] = useState<number[]>([])
  const { split } = useIdentity()
  const { records, customer_id } = identity
  const isPossible = chosen.length > 0 && chosen.length < records.length
  return (
    <ConfirmDialog
      title={`Split ${customer_id}`}
      action={chosen.length ? `Split off ${plural(chosen.length, 'record')}` : 'Split off'}
      isDisabled={!isPossible}
      isBusy={split.isPending}
      error={split.error}
      onConfirm={() => split.mutate({ customer_id, record_ids: chosen }, { onSuccess: onClose })}
      onClose={onClose}
    >
      <p>Select the records that belong to another customer.</p>
      <div className={css.ticks}>
        {records.map(({ record_id, source, source_key, name, city }) => (
          <Checkbox
            key={record_id}
            checked={chosen.includes(record_id)}
            onChange={event =>
              setChosen(
                event.currentTarget.checked ? [...chosen, record_id] : chosen.filter(each => each !== record_id),
              )
            }
            label={`${source} ${source_key}`}
            description={[name, city].filter(Boolean).join(', ')}
          />
        ))}
      </div>
      {chosen.length === records.length && <p className={css.dim}>Leave at least one record with this customer.</p>}
      {isPossible && <Moved customerId={customer_id} recordIds={[...chosen].sort((one, other) => one - other)} />}
    </ConfirmDialog>
  )
}

function Moved({ customerId, recordIds }: { customerId: string; recordIds: number[] }) {
  const query = useQuery(identityQueries.splitPreview(customerId, recordIds))
  return (
    <QueryState query={query} loading={<Loading rows={2} height={20} />}>
      {preview => (
        <div role="status">
          <p>
            <strong>Moves {describe(preview.moves, preview.meta?.currency)}.</strong>
          </p>
          <p className={css.dim}>
            {describe(preview.stays, preview.meta?.currency)} stay with {customerId}. The figures are from the latest
            update; you can undo the split at any time.
          </p>
        </div>
      )}
    </QueryState>
  )
}

const describe = ({ orders, revenue }: SplitPreview['moves'], currency: string | null | undefined) =>
  `${money(revenue, currency)} and ${plural(orders, 'order')}`
