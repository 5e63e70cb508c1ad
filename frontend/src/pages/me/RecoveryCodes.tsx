import { Dialog } from '@/components/Dialog'
import { ShownOnce } from '@/components/ShownOnce'

/** Shown this once, to be kept away from the phone. */
export function RecoveryCodes({ codes, onClose }: { codes: string[]; onClose: () => void }) {
  return (
    <Dialog onClose={onClose} title="Your recovery codes" closeOnClickOutside={false}>
      <ShownOnce label="Recovery codes" value={codes.join('\n')}>
        For the day the phone is lost: each lets you in once, in place of the six digits. Print them or keep them in a
        password manager; they are not shown again, and earlier ones count no more.
      </ShownOnce>
    </Dialog>
  )
}
