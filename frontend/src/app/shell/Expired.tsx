import { Button, Modal } from '@mantine/core'
import '@/components/theme/dialogs'
import { session } from '@/api/session'

/** The session has ended while the page was open: nothing is thrown away until the reader says so. */
export default function Expired() {
  return (
    <Modal
      opened
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
    </Modal>
  )
}
