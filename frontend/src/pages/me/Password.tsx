import { Button, PasswordInput } from '@mantine/core'
import '@/ui/theme/inputs'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, read } from '@/api/client'
import type { User } from '@/api/shapes'
import { NewPasswordField } from '@/features/session/NewPasswordField'
import { Username } from '@/features/session/Username'
import { ErrorText } from '@/ui/ErrorText'
import { Card } from '@/ui/Page'
import { showToast } from '@/ui/toasts'
import css from './Me.module.css'

/** Sets or changes the password; all other devices are then signed out. */
export function Password({ me }: { me: User }) {
  const queryClient = useQueryClient()
  const [current, setCurrent] = useState('')
  const [password, setPassword] = useState('')
  const change = useMutation({
    mutationFn: () => read(api.POST('/api/me/password', { body: { password, ...(current ? { current } : {}) } })),
    onSuccess: () => {
      setCurrent('')
      setPassword('')
      showToast('Password saved. All other devices were signed out', { tone: 'good' })
      void queryClient.invalidateQueries({ queryKey: ['me'] })
    },
  })
  return (
    <Card
      title="Password"
      note={
        me.password
          ? `You sign in as ${me.email}`
          : 'You have no password yet. Without one, you need a one-time link to sign in'
      }
    >
      <form
        className={css.form}
        onSubmit={event => {
          event.preventDefault()
          change.mutate()
        }}
      >
        <Username email={me.email} />
        {me.password && (
          <PasswordInput
            label="Current password"
            autoComplete="current-password"
            value={current}
            onChange={event => setCurrent(event.currentTarget.value)}
          />
        )}
        <NewPasswordField user={me} value={password} onChange={setPassword} />
        <ErrorText error={change.error} />
        <Button type="submit" loading={change.isPending} disabled={!password} className={css.act}>
          {me.password ? 'Change password' : 'Save password'}
        </Button>
      </form>
    </Card>
  )
}
