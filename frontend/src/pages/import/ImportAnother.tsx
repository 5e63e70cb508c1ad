import { Button } from '@mantine/core'
import { IconFileImport } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'

export function ImportAnother() {
  return (
    <Button
      variant="default"
      leftSection={<IconFileImport size={16} aria-hidden />}
      renderRoot={props => <Link to="/import" search={{}} {...props} />}
    >
      Import another file
    </Button>
  )
}
