import { Button } from '@mantine/core'
import { IconNote } from '@tabler/icons-react'
import { useState } from 'react'
import type { ChartNote } from '@/api/shapes'
import { usePermissions } from '@/api/useSession'
import { plural } from '@/ui/format'
import { lazyComponent } from '@/ui/lazyComponent'

const NotesDialog = lazyComponent(() => import('./NotesDialog'))

/** Opens the notes of the sales charts; without any, only for users who may add one. */
export function NotesButton({ notes }: { notes: ChartNote[] }) {
  const [isOpen, setOpen] = useState(false)
  const canAdd = usePermissions()('sales.annotate')
  if (!canAdd && !notes.length) return null
  return (
    <>
      <Button
        variant="subtle"
        size="compact-sm"
        leftSection={<IconNote size={16} aria-hidden />}
        onClick={() => setOpen(true)}
      >
        {notes.length ? plural(notes.length, 'note') : 'Add a note'}
      </Button>
      {isOpen && <NotesDialog notes={notes} onClose={() => setOpen(false)} />}
    </>
  )
}
