import { Button, Menu } from '@mantine/core'
import { Dialog } from '@/ui/Dialog'
import '@/ui/theme/menus'
import { IconArrowMerge, IconDots, IconTrash, IconUserShare } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, read } from '@/api/client'
import { queries } from '@/api/queries'
import type { Customer, Erased } from '@/api/shapes'
import { usePermissions } from '@/api/useSession'
import { useEngagement } from '@/features/customer/engagement'
import { ErrorText } from '@/ui/ErrorText'
import { lazyComponent } from '@/ui/lazyComponent'
import { showToast } from '@/ui/toasts'
import css from './Customer.module.css'

const MergeWith = lazyComponent(() => import('@/features/identity/MergeWith'))

/** Rare actions: reassign the customer, erase personal data. */
export function More({ data }: { data: Customer }) {
  const can = usePermissions()
  const [erasing, setErasing] = useState(false)
  const [merging, setMerging] = useState(false)
  if (!can('customers.assign') && !can('privacy.erase') && !can('identity.review')) return null
  return (
    <>
      <Menu position="bottom-end" shadow="md" width={240}>
        <Menu.Target>
          <Button variant="default" leftSection={<IconDots size={16} aria-hidden />}>
            More
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {can('customers.assign') && <Assignees id={data.customer_id} isOwned={data.owner !== null} />}
          {can('identity.review') && (
            <Menu.Item leftSection={<IconArrowMerge size={16} aria-hidden />} onClick={() => setMerging(true)}>
              Merge with another customer
            </Menu.Item>
          )}
          {can('privacy.erase') && (
            <Menu.Item color="red" leftSection={<IconTrash size={16} aria-hidden />} onClick={() => setErasing(true)}>
              Erase personal data
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {merging && <MergeWith id={data.customer_id} onClose={() => setMerging(false)} />}
      {erasing && <EraseDialog data={data} onClose={() => setErasing(false)} />}
    </>
  )
}

function Assignees({ id, isOwned }: { id: string; isOwned: boolean }) {
  const assignees = useQuery(queries.assignees())
  const engagement = useEngagement()
  const queryClient = useQueryClient()
  const assign = (user: { user_id: number; name: string } | null) =>
    engagement.assign.mutate(
      { ids: [id], user },
      { onSuccess: () => void queryClient.invalidateQueries({ queryKey: ['customer', id] }) },
    )
  return (
    <>
      <Menu.Label>{isOwned ? 'Reassign to' : 'Assign to'}</Menu.Label>
      {assignees.data?.data.map(assignee => (
        <Menu.Item
          key={assignee.user_id}
          leftSection={<IconUserShare size={16} aria-hidden />}
          onClick={() => assign(assignee)}
        >
          {assignee.name}
        </Menu.Item>
      ))}
      {isOwned && <Menu.Item onClick={() => assign(null)}>No owner</Menu.Item>}
    </>
  )
}

const removedNames: Record<keyof Erased['removed'], string> = {
  contacts: 'Contact details',
  notes: 'Notes and tasks',
  reviews: 'Reviews and mentions',
  proposals: 'Proposals of directories',
  saved_views: 'Saved views',
  answers: 'Kept answers to requests',
  documents: 'Documents of connected sources',
  upload_rows: 'Rows of uploaded files',
  uploads: 'Uploaded files, deleted whole',
  events: 'Events with something personal',
  rejected_rows: 'Rejected rows',
}

function EraseDialog({ data, onClose }: { data: Customer; onClose: () => void }) {
  const queryClient = useQueryClient()
  const erase = useMutation({
    mutationFn: () =>
      read(api.POST('/api/customers/{customer_id}/erase', { params: { path: { customer_id: data.customer_id } } })),
    onSuccess: () => {
      showToast('Personal data erased', { tone: 'good' })
      void queryClient.invalidateQueries()
    },
  })
  if (erase.data) return <ErasedDialog erased={erase.data} onClose={onClose} />
  return (
    <Dialog onClose={onClose} title="Erase personal data?">
      <p>
        This permanently erases the name, contact details and number in your sources of {data.customer_id}, notes of
        calls, texts of reviews, and mentions in saved views, uploaded files and rejected rows. Contact details and
        notes become unreadable in backups too. Orders are kept without personal data. You cannot undo this.
      </p>
      <ErrorText error={erase.error} />
      <Button color="red" mt="md" loading={erase.isPending} onClick={() => erase.mutate()}>
        Erase permanently
      </Button>
    </Dialog>
  )
}

/** What was removed and what remains. */
function ErasedDialog({ erased, onClose }: { erased: Erased; onClose: () => void }) {
  const removed = (Object.keys(removedNames) as (keyof Erased['removed'])[]).filter(place => erased.removed[place] > 0)
  return (
    <Dialog onClose={onClose} title={`Personal data of ${erased.customer_id} erased`}>
      <h3>Removed</h3>
      <ul className={css.facts}>
        <li>Name, place and number in the records of sources: {erased.records}</li>
        {removed.map(place => (
          <li key={place}>
            {removedNames[place]}: {erased.removed[place]}
          </li>
        ))}
      </ul>
      <h3>What remains</h3>
      <ul className={css.facts}>
        {erased.remains.map(({ what, until }) => (
          <li key={what}>
            {what}: {until}
          </li>
        ))}
      </ul>
      <p>Downloaded exports that include this customer: {erased.exports}</p>
      <Button mt="md" onClick={onClose}>
        Close
      </Button>
    </Dialog>
  )
}
