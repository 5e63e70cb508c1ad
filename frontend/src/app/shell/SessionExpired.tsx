import { Button } from '@mantine/core'
import { session } from '@/api/session'
import { Dialog } from '@/ui/Dialog'

/** The session expired while the page was open; nothing on it is discarded until the user signs in again. */
export default function SessionExpired() {
  return (
    <Dialog
      onClose={() => undefined}
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      title="Your session has expired"
    >
      <p>Sign in again to return to this page.</p>
      <Button
        mt="md"
        onClick={() => {
          const next = location.pathname + location.search
          session.forget()
          location.assign(`/sign-in?next=${encodeURIComponent(next)}`)
        }}
      >
        Sign in again
      </Button>
    </Dialog>
  )
}
