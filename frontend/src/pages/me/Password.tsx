import { Button, PasswordInput } from '@mantine/core'
import '@/components/theme/inputs'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, Problem, read } from '@/api/client'
import type { User } from '@/api/shapes'
import { Card } from '@/components/Page'
import { say } from '@/components/toasts'
import css from './Me.module.css'

const ALONE = 15
const WITH_FACTOR = 8

export function Password({ me }: { me: User }) {
  const queries = useQueryClient()
  const [current, setCurrent] = useState('')
  const [password, setPassword] = useState('')
  const least = me.second_factor ? WITH_FACTOR : ALONE
  const change = useMutation({
    mutationFn: () => read(api.POST('/api/me/password', { body: { password, ...(current ? { current } : {}) } })),
    onSuccess: () => {
      setCurrent('')
      setPassword('')
      say('Password set; all other devices are signed out', { tone: 'good' })
      void queries.invalidateQueries({ queryKey: ['me'] })
    },
  })
  return (
    <Card title="Password" note={me.password ? undefined : 'There is none yet; without one, only a link lets you in'}>
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
            label="The one you have"
            autoComplete="current-password"
            value={current}
            onChange={event => setCurrent(event.currentTarget.value)}
          />
        )}
        <PasswordInput
          label="The new one"
          description={`At least ${least} characters; a few words you can remember are best`}
          autoComplete="new-password"
          minLength={least}
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
          Set the password
        </Button>
      </form>
    </Card>
  )
}
