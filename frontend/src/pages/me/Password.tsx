import { Button, PasswordInput } from '@mantine/core'
import '@/components/theme/inputs'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, Problem, read } from '@/api/client'
import type { User } from '@/api/shapes'
import { Card } from '@/components/Page'
import { say } from '@/components/toasts'
import css from './Me.module.css'

const MIN_LENGTH_ALONE = 15
const MIN_LENGTH_WITH_FACTOR = 8

/** Sets or changes the password; all other devices are then signed out. */
export function Password({ me }: { me: User }) {
  const queries = useQueryClient()
  const [current, setCurrent] = useState('')
  const [password, setPassword] = useState('')
  const minLength = me.second_factor ? MIN_LENGTH_WITH_FACTOR : MIN_LENGTH_ALONE
  const change = useMutation({
    mutationFn: () => read(api.POST('/api/me/password', { body: { password, ...(current ? { current } : {}) } })),
    onSuccess: () => {
      setCurrent('')
      setPassword('')
      say('Password saved. All other devices were signed out', { tone: 'good' })
      void queries.invalidateQueries({ queryKey: ['me'] })
    },
  })
  return (
    <Card
      title="Password"
      note={me.password ? undefined : 'You have no password yet. Without one, you need a one-time link to sign in'}
    >
      <form
        className={css.form}
        onSubmit={event => {
          event.preventDefault()
          change.mutate()
        }}
      >
        <input type="email" autoComplete="username" value={me.email} readOnly hidden />
        {me.password && (
          <PasswordInput
            label="Current password"
            autoComplete="current-password"
            value={current}
            onChange={event => setCurrent(event.currentTarget.value)}
          />
        )}
        <PasswordInput
          label="New password"
          description={`At least ${minLength} characters. A few words you can remember work best`}
          autoComplete="new-password"
          minLength={minLength}
          maxLength={256}
          required
          withAsterisk={false}
          value={password}
          onChange={event => setPassword(event.currentTarget.value)}
        />
        {change.error && (
          <p className={css.error} role="alert">
            {change.error.message} {change.error instanceof Problem && change.error.remedy}
          </p>
        )}
        <Button type="submit" loading={change.isPending} disabled={!password} className={css.act}>
          {me.password ? 'Change password' : 'Save password'}
        </Button>
      </form>
    </Card>
  )
}
