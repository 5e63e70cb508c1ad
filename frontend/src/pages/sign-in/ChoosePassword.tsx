import { Button, TextInput } from '@mantine/core'
import '@/ui/theme/inputs'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { api, read } from '@/api/client'
import { session } from '@/api/session'
import type { User } from '@/api/shapes'
import { NewPasswordField } from '@/features/session/NewPasswordField'
import { ErrorText } from '@/ui/ErrorText'
import css from './SignIn.module.css'
import { onSubmit } from './submit'

/** After a one-time link: the user chooses the name to sign in with from now on, and a password. */
export function ChoosePassword({ user, onDone }: { user: User; onDone: () => void }) {
  const [email, setEmail] = useState(user.email)
  const [password, setPassword] = useState('')
  const save = useMutation({
    mutationFn: async () => {
      if (email.trim() !== user.email)
        session.setUser(await read(api.PATCH('/api/me', { body: { email: email.trim() } })))
      await read(api.POST('/api/me/password', { body: { password } }))
    },
    onSuccess: onDone,
  })
  return (
    <>
      <h1 className={css.title}>Choose a password</h1>
      <form className={css.form} onSubmit={onSubmit(save.mutate)}>
        <TextInput
          label="You sign in as"
          description="Your e-mail address. You can choose another"
          type="email"
          name="username"
          autoComplete="username"
          required
          withAsterisk={false}
          maxLength={254}
          size="md"
          value={email}
          onChange={event => setEmail(event.currentTarget.value)}
        />
        <NewPasswordField user={user} size="md" value={password} onChange={setPassword} autoFocus />
        <ErrorText error={save.error} keepsHeight />
        <Button type="submit" size="md" loading={save.isPending} fullWidth>
          Save and continue
        </Button>
      </form>
      <div className={css.ways}>
        <button type="button" onClick={onDone}>
          {user.password ? 'Keep my password' : 'Skip for now'}
        </button>
      </div>
    </>
  )
}
