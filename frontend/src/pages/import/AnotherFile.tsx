import { Button } from '@mantine/core'
import { IconFileImport } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'

export function AnotherFile() {
  return (
    <Button
      variant="default"
      leftSection={<IconFileImport size={16} aria-hidden />}
      renderRoot={props => <Link to="/import" search={{}} {...props} />}
    >
      Another file
    </Button>
  )
}
