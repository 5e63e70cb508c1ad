import { Button } from '@mantine/core'
import { session } from '@/api/session'
import { Dialog } from '@/ui/Dialog'

/** The session has ended while the page was open: nothing is thrown away until the reader says so. */
export default function SessionExpired() {
  return (
    <Dialog
      onClose={() => undefined}
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      title="Your session has ended"
    >
      <p>Sign in again and you are back on this page, as it was.</p>
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
