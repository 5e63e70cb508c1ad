import { Button, TextInput } from '@mantine/core'
import '@/ui/theme/inputs'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { api, Problem, read } from '@/api/client'
import type { User } from '@/api/shapes'
import { NewPasswordField } from '@/features/session/NewPasswordField'
import css from './SignIn.module.css'
import { onSubmit } from './submit'

/** After a one-time link: the name to sign in with from now on, and a password of the user's choice. */
export function ChoosePassword({ user, onDone }: { user: User; onDone: () => void }) {
  const [password, setPassword] = useState('')
  const save = useMutation({
    mutationFn: () => read(api.POST('/api/me/password', { body: { password } })),
    onSuccess: onDone,
  })
  return (
    <>
      <h1 className={css.title}>Choose a password</h1>
      <form className={css.form} onSubmit={onSubmit(save.mutate)}>
        <TextInput
          label="You sign in as"
          type="email"
          name="username"
          autoComplete="username"
          readOnly
          size="md"
          value={user.email}
        />
        <NewPasswordField user={user} size="md" value={password} onChange={setPassword} autoFocus />
        <p className={css.error} role="alert">
          {save.error?.message} {save.error instanceof Problem && save.error.remedy}
        </p>
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
