import { Button } from '@mantine/core'
import css from './Enrichment.module.css'
import { FIELD_NAMES, type Value } from './names'
import type { useDecisions } from './useDecisions'

interface Props {
  row: Pick<Value, 'proposal_id' | 'field' | 'state'>
  decide: ReturnType<typeof useDecisions>
  /** Of which customer, where several are listed. */
  of?: string
}

/** Accept and refuse an open proposal, undo a decided one. */
export function DecisionButtons({ row, decide, of }: Props) {
  const button = (decision: 'accepted' | 'refused' | 'open', label: string) => (
    <Button
      size="compact-sm"
      variant="default"
      disabled={decide.isPending}
      aria-label={`${label}: ${FIELD_NAMES[row.field]}${of ? ` of ${of}` : ''}`}
      onClick={() => decide.mutate({ ids: [row.proposal_id], decision })}
    >
      {label}
    </Button>
  )
  return (
    <div className={css.actions}>
      {row.state === 'open' ? (
        <>
          {button('accepted', 'Accept')}
          {button('refused', 'Refuse')}
        </>
      ) : (
        button('open', 'Undo')
      )}
    </div>
  )
}
