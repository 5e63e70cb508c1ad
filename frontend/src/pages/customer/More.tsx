import { Button, Menu } from '@mantine/core'
import { Dialog } from '@/ui/Dialog'
import '@/ui/theme/menus'
import { IconDots, IconTrash, IconUserShare } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, read } from '@/api/client'
import { queries } from '@/api/queries'
import type { Customer } from '@/api/shapes'
import { usePermissions } from '@/api/useSession'
import { useEngagement } from '@/features/customer/engagement'
import { showToast } from '@/ui/toasts'

/** What is done rarely: hand the customer on, erase the person. */
export function More({ data }: { data: Customer }) {
  const can = usePermissions()
  const [erasing, setErasing] = useState(false)
  if (!can('customers.assign') && !can('privacy.erase')) return null
  return (
    <>
      <Menu position="bottom-end" shadow="md" width={240}>
        <Menu.Target>
          <Button variant="default" leftSection={<IconDots size={16} aria-hidden />}>
            More
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {can('customers.assign') && <Assignees id={data.customer_id} />}
          {can('privacy.erase') && (
            <Menu.Item color="red" leftSection={<IconTrash size={16} aria-hidden />} onClick={() => setErasing(true)}>
              Erase this person
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {erasing && <Erase data={data} onClose={() => setErasing(false)} />}
    </>
  )
}

function Assignees({ id }: { id: string }) {
  const people = useQuery(queries.assignees())
  const desk = useEngagement()
  const queryClient = useQueryClient()
  return (
    <>
      <Menu.Label>Hand on to</Menu.Label>
      {people.data?.data.map(person => (
        <Menu.Item
          key={person.user_id}
          leftSection={<IconUserShare size={16} aria-hidden />}
          onClick={() =>
            desk.assign.mutate(
              { ids: [id], user: person },
              { onSuccess: () => void queryClient.invalidateQueries({ queryKey: ['customer', id] }) },
            )
          }
        >
          {person.name}
        </Menu.Item>
      ))}
    </>
  )
}

function Erase({ data, onClose }: { data: Customer; onClose: () => void }) {
  const queryClient = useQueryClient()
  const erase = useMutation({
    mutationFn: () =>
      read(api.POST('/api/customers/{customer_id}/erase', { params: { path: { customer_id: data.customer_id } } })),
    onSuccess: () => {
      showToast('Name and contact details are gone for good', { tone: 'good' })
      void queryClient.invalidateQueries()
      onClose()
    },
  })
  return (
    <Dialog onClose={onClose} title="Erase this person?">
      <p>
        Name, e-mail, phone and address of {data.customer_id} are destroyed, also for restored backups. Orders stay,
        without a person. This cannot be undone.
      </p>
      {erase.error && <p role="alert">{erase.error.message}</p>}
      <Button color="red" mt="md" loading={erase.isPending} onClick={() => erase.mutate()}>
        Erase for good
      </Button>
    </Dialog>
  )
}
