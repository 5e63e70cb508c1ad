import { ConfirmDialog } from '@/ui/ConfirmDialog'
import { plural } from '@/ui/format'

interface Props {
  title: string
  action: string
  hidden: number
  isBusy: boolean
  run: () => void
  onClose: () => void
}

/** Asks before an action changes many customers at once. */
export default function ConfirmBulk({ title, action, hidden, isBusy, run, onClose }: Props) {
  return (
    <ConfirmDialog title={title} action={action} isBusy={isBusy} error={null} onConfirm={run} onClose={onClose}>
      <p>
        {hidden > 0 && `The filters of the list hide ${plural(hidden, 'customer')} of them. `}
        You can undo this from its message.
      </p>
    </ConfirmDialog>
  )
}
