import { Button, NativeSelect, Textarea, TextInput } from '@mantine/core'
import { Dialog } from '@/ui/Dialog'
import '@/ui/theme/inputs'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { api, read } from '@/api/client'
import type { SavedView } from '@/api/shapes'
import { usePermissions, useUser } from '@/api/useSession'
import type { CustomersSearch } from './search'
import { bodyOf, searchOf } from './views'

interface Props {
  search: CustomersSearch
  /** The view to change; without one, the search is saved as a new view. */
  view: SavedView | undefined
  onClose: () => void
  onSaved: (view: SavedView) => void
}

type SharedWith = SavedView['shared_with']

/** Names a view, says what it is for and whom it is shared with. */
export default function ViewDialog({ search, view, onClose, onSaved }: Props) {
  const can = usePermissions()
  const user = useUser()
  const [name, setName] = useState(view?.name ?? '')
  const [description, setDescription] = useState(view?.description ?? '')
  const [sharedWith, setSharedWith] = useState<SharedWith>(view?.shared_with ?? 'private')
  const audiences: { value: SharedWith; label: string }[] = [
    { value: 'private', label: 'Only me' },
    ...(can('customers.assign') && user.team_id ? [{ value: 'team' as const, label: 'My team' }] : []),
    ...(can('users.manage') ? [{ value: 'everyone' as const, label: 'Everyone' }] : []),
  ]
  const saving = useMutation({
    mutationFn: () => {
      const body = {
        ...bodyOf(view ? searchOf(view) : search),
        name: name.trim(),
        description: description.trim() || null,
        shared_with: sharedWith,
      }
      return view
        ? read(api.PUT('/api/views/{view_id}', { params: { path: { view_id: view.view_id } }, body }))
        : read(api.POST('/api/views', { body }))
    },
    onSuccess: onSaved,
  })
  return (
    <Dialog onClose={onClose} title={view ? 'Rename or share this view' : 'Save as a new view'}>
      <form
        onSubmit={event => {
          event.preventDefault()
          saving.mutate()
        }}
      >
        <TextInput
          data-autofocus
          label="Name"
          value={name}
          maxLength={80}
          onChange={event => setName(event.currentTarget.value)}
          error={saving.error?.message}
        />
        <Textarea
          mt="md"
          label="Description"
          placeholder="What is this view for?"
          value={description}
          maxLength={500}
          onChange={event => setDescription(event.currentTarget.value)}
        />
        {audiences.length > 1 && (
          <NativeSelect
            mt="md"
            label="Who can use it"
            description="Only you can change or delete it"
            value={sharedWith}
            onChange={event => setSharedWith(event.currentTarget.value as SharedWith)}
            data={audiences}
          />
        )}
        <Button type="submit" mt="lg" disabled={!name.trim()} loading={saving.isPending}>
          Save
        </Button>
      </form>
    </Dialog>
  )
}
