import { Button, Checkbox, NumberInput } from '@mantine/core'
import '@/ui/theme/inputs'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, read } from '@/api/client'
import { queries } from '@/api/queries'
import type { Role } from '@/api/shapes'
import { roleName } from '@/features/session/permissions'
import { Dialog } from '@/ui/Dialog'
import { ErrorText } from '@/ui/ErrorText'
import { showToast } from '@/ui/toasts'
import css from './Admin.module.css'

const MOST = 1_000_000

/** What signing in takes for a role, and how many contact details its users see in a day. */
export function RolePolicy({ role, onClose }: { role: Role; onClose: () => void }) {
  const queryClient = useQueryClient()
  const [isRequired, setRequired] = useState(role.requires_second_factor)
  const [reveals, setReveals] = useState<number | null>(role.reveals_a_day)
  const [exports, setExports] = useState<number | null>(role.contact_exports_a_day)
  const save = useMutation({
    mutationFn: () =>
      read(
        api.PATCH('/api/roles/{role}', {
          params: { path: { role: role.name } },
          body: { requires_second_factor: isRequired, reveals_a_day: reveals, contact_exports_a_day: exports },
        }),
      ),
    onSuccess: () => {
      showToast(`${roleName(role.name)} changed`, { tone: 'good' })
      onClose()
      return queryClient.invalidateQueries({ queryKey: queries.roles().queryKey })
    },
  })
  const limits = [
    {
      label: 'Contacts shown a day',
      note: 'To how many customers’ contact details one user has access',
      value: reveals,
      set: setReveals,
    },
    {
      label: 'Contact exports a day',
      note: 'How many exports with contact details one user may make',
      value: exports,
      set: setExports,
    },
  ]
  return (
    <Dialog onClose={onClose} title={`Sign-in and contact details: ${roleName(role.name)}`}>
      <form
        className={css.form}
        onSubmit={event => {
          event.preventDefault()
          save.mutate()
        }}
      >
        <Checkbox
          label="Require a second factor"
          description="Users without one set it up when they sign in next. Users signed in now must set it up at once."
          checked={isRequired}
          onChange={event => setRequired(event.currentTarget.checked)}
        />
        {limits.map(({ label, note, value, set }) => (
          <NumberInput
            key={label}
            label={label}
            description={`${note}. Leave empty for no limit`}
            min={1}
            max={MOST}
            allowDecimal={false}
            value={value ?? ''}
            onChange={given => set(given === '' ? null : Number(given))}
          />
        ))}
        <ErrorText error={save.error} keepsHeight />
        <Button type="submit" loading={save.isPending}>
          Save
        </Button>
      </form>
    </Dialog>
  )
}
