import { Button, Menu, Switch, TextInput } from '@mantine/core'
import { Dialog } from '@/ui/Dialog'
import '@mantine/core/styles/Switch.layer.css'
import '@/ui/theme/menus'
import { IconBookmark, IconPlus, IconTrash } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, read } from '@/api/client'
import { queries } from '@/api/queries'
import type { SavedView } from '@/api/shapes'
import { usePermissions } from '@/api/useSession'
import { showError, showToast } from '@/ui/toasts'
import css from './Customers.module.css'
import { type CustomersSearch, parseCustomers } from './search'

/** The search of a view, where filters that are not set are null. */
function searchOf(view: SavedView): CustomersSearch {
  return parseCustomers({ ...view.filters, sort: view.sort })
}

function saveView({ open: _open, view: _view, sort, ...filters }: CustomersSearch, name: string, shared: boolean) {
  return read(api.POST('/api/views', { body: { name, filters, sort: sort ?? 'probability', shared } }))
}

/** Saved searches. The filters are always read from the URL; `view` only names the view they came from. */
export function Views({ search, onOpen }: { search: CustomersSearch; onOpen: (search: CustomersSearch) => void }) {
  const can = usePermissions()
  const queryClient = useQueryClient()
  const views = useQuery(queries.views())
  const [naming, setNaming] = useState(false)
  const refresh = () => queryClient.invalidateQueries({ queryKey: ['views'] })
  const remove = useMutation({
    mutationFn: (view: SavedView) =>
      read(api.DELETE('/api/views/{view_id}', { params: { path: { view_id: view.view_id } } })),
    onSuccess: (_, view) =>
      showToast(`View “${view.name}” deleted`, {
        undo: () => void saveView(searchOf(view), view.name, view.shared).then(refresh, showError),
      }),
    onError: showError,
    onSettled: refresh,
  })
  const mine = views.data?.data ?? []
  const now = mine.find(view => view.view_id === search.view)
  return (
    <>
      <Menu position="bottom-end" shadow="md" width={260}>
        <Menu.Target>
          <Button variant="default" leftSection={<IconBookmark size={16} aria-hidden />}>
            {now ? now.name : 'Saved views'}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <div className={css.viewMenu}>
            {mine.map(view => (
              <Menu.Item key={view.view_id} onClick={() => onOpen({ ...searchOf(view), view: view.view_id })}>
                {view.name}
              </Menu.Item>
            ))}
            {mine.length === 0 && <Menu.Label>No saved views</Menu.Label>}
          </div>
          {can('views.write') && (
            <>
              <Menu.Divider />
              <Menu.Item leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setNaming(true)}>
                Save this view
              </Menu.Item>
              {now?.mine && (
                <Menu.Item leftSection={<IconTrash size={16} aria-hidden />} onClick={() => remove.mutate(now)}>
                  Delete “{now.name}”
                </Menu.Item>
              )}
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      {naming && (
        <SaveViewDialog
          search={search}
          onClose={() => setNaming(false)}
          onSaved={view => {
            setNaming(false)
            void refresh()
            onOpen({ ...search, view: view.view_id })
          }}
        />
      )}
    </>
  )
}

function SaveViewDialog({
  search,
  onClose,
  onSaved,
}: {
  search: CustomersSearch
  onClose: () => void
  onSaved: (view: SavedView) => void
}) {
  const [name, setName] = useState('')
  const [shared, setShared] = useState(false)
  const saving = useMutation({
    mutationFn: () => saveView(search, name.trim(), shared),
    onSuccess: onSaved,
  })
  return (
    <Dialog onClose={onClose} title="Save this view">
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
        <Switch
          mt="md"
          label="Share with colleagues"
          checked={shared}
          onChange={event => setShared(event.currentTarget.checked)}
        />
        <Button type="submit" mt="lg" disabled={!name.trim()} loading={saving.isPending}>
          Save
        </Button>
      </form>
    </Dialog>
  )
}
