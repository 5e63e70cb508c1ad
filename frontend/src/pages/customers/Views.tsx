import { Button, Menu } from '@mantine/core'
import '@/ui/theme/menus'
import { IconBookmark, IconDeviceFloppy, IconPencil, IconPlus, IconTrash } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, read } from '@/api/client'
import { queries } from '@/api/queries'
import type { SavedView } from '@/api/shapes'
import { usePermissions } from '@/api/useSession'
import { lazyComponent } from '@/ui/lazyComponent'
import { showError, showToast } from '@/ui/toasts'
import css from './Customers.module.css'
import type { CustomersSearch } from './search'
import { bodyOf, contentOf, isSameList, READY, searchOf } from './views'

const ViewDialog = lazyComponent(() => import('./ViewDialog'))

interface Props {
  search: CustomersSearch
  onOpen: (search: CustomersSearch) => void
}

/** Saved searches. The filters are always read from the URL; `view` only names the view they came from. */
export function Views({ search, onOpen }: Props) {
  const can = usePermissions()
  const queryClient = useQueryClient()
  const views = useQuery(queries.views())
  const [dialog, setDialog] = useState<'new' | 'edit' | null>(null)
  const refresh = () => queryClient.invalidateQueries({ queryKey: ['views'] })
  const known = views.data?.data ?? []
  const now = known.find(view => view.view_id === search.view)
  const update = useMutation({
    mutationFn: (view: SavedView) =>
      read(
        api.PUT('/api/views/{view_id}', {
          params: { path: { view_id: view.view_id } },
          body: { ...contentOf(view), ...bodyOf(search) },
        }),
      ),
    onSuccess: view => showToast(`View “${view.name}” now has these filters`, { tone: 'good' }),
    onError: showError,
    onSettled: refresh,
  })
  const remove = useMutation({
    mutationFn: (view: SavedView) =>
      read(api.DELETE('/api/views/{view_id}', { params: { path: { view_id: view.view_id } } })),
    onSuccess: (_, view) =>
      showToast(`View “${view.name}” deleted`, {
        undo: () => void read(api.POST('/api/views', { body: contentOf(view) })).then(refresh, showError),
      }),
    onError: showError,
    onSettled: refresh,
  })
  return (
    <>
      <Menu position="bottom-end" shadow="md" width={320}>
        <Menu.Target>
          <Button variant="default" leftSection={<IconBookmark size={16} aria-hidden />}>
            {now ? now.name : 'Saved views'}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <div className={css.viewMenu}>
            {READY.map(view => (
              <Menu.Item key={view.name} onClick={() => onOpen(view.search)}>
                {view.name}
              </Menu.Item>
            ))}
            <ViewItems label="My views" views={known.filter(view => view.mine)} onOpen={onOpen} />
            <ViewItems label="Shared with me" views={known.filter(view => !view.mine)} onOpen={onOpen} />
          </div>
          {can('views.write') && (
            <>
              <Menu.Divider />
              {now?.mine && !isSameList(search, searchOf(now)) && (
                <Menu.Item leftSection={<IconDeviceFloppy size={16} aria-hidden />} onClick={() => update.mutate(now)}>
                  Update “{now.name}” with these filters
                </Menu.Item>
              )}
              <Menu.Item leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setDialog('new')}>
                Save as a new view
              </Menu.Item>
              {now?.mine && (
                <>
                  <Menu.Item leftSection={<IconPencil size={16} aria-hidden />} onClick={() => setDialog('edit')}>
                    Rename or share “{now.name}”
                  </Menu.Item>
                  <Menu.Item leftSection={<IconTrash size={16} aria-hidden />} onClick={() => remove.mutate(now)}>
                    Delete “{now.name}”
                  </Menu.Item>
                </>
              )}
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      {dialog && (
        <ViewDialog
          search={search}
          view={dialog === 'edit' ? now : undefined}
          onClose={() => setDialog(null)}
          onSaved={view => {
            setDialog(null)
            void refresh()
            if (dialog === 'new') onOpen({ ...search, view: view.view_id })
          }}
        />
      )}
    </>
  )
}

function ViewItems({ label, views, onOpen }: { label: string; views: SavedView[]; onOpen: Props['onOpen'] }) {
  if (!views.length) return null
  return (
    <>
      <Menu.Label>{label}</Menu.Label>
      {views.map(view => (
        <Menu.Item key={view.view_id} onClick={() => onOpen({ ...searchOf(view), view: view.view_id })}>
          {view.name}
          {(view.description || !view.mine) && (
            <span className={css.viewAbout}>
              {[view.description, view.mine ? null : view.owner && `by ${view.owner}`].filter(Boolean).join(', ')}
            </span>
          )}
        </Menu.Item>
      ))}
    </>
  )
}
