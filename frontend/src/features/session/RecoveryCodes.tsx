import { Dialog } from '@/ui/Dialog'
import { OneTimeSecret } from '@/ui/OneTimeSecret'

/** The new recovery codes, shown once. */
export function RecoveryCodes({ codes, onClose }: { codes: string[]; onClose: () => void }) {
  return (
    <Dialog onClose={onClose} title="Your recovery codes" closeOnClickOutside={false}>
      <OneTimeSecret label="Recovery codes" value={codes.join('\n')}>
        If you lose your phone, use one of these in place of the six-digit code; each works once. Print them or keep
        them in a password manager: they are not shown again, and earlier codes no longer work.
      </OneTimeSecret>
    </Dialog>
  )
}
