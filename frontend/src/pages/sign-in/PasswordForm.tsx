import { Button, PasswordInput, TextInput } from '@mantine/core'
import '@/ui/theme/inputs'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api, read } from '@/api/client'
import { queries } from '@/api/queries'
import { hasPasskeys } from '@/features/session/passkeys'
import { FirstStart, LostLink } from './LostLink'
import { PasskeyButton, usePasskey } from './Passkey'
import css from './SignIn.module.css'
import { type OnAnswer, onSubmit } from './submit'

/** Why a company's sign-in sent the user back. */
const REFUSED: Record<string, string> = {
  stranger: 'You are not a user of this Foresell yet. Ask an administrator to add you with this e-mail address.',
  provider: 'The company sign-in could not be reached. Try again, or use your password.',
}

interface Props {
  next?: string
  refused?: string
  onAnswer: OnAnswer
}

/** Sign-in name and password; or a passkey, or a company account. */
export function PasswordForm({ next, refused, onAnswer }: Props) {
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const providers = useQuery(queries.providers())
  const signIn = useMutation({
    mutationFn: () => read(api.POST('/api/auth/sign-in', { body: { email, password } })),
    onSuccess: onAnswer,
  })
  const passkey = usePasskey(onAnswer)
  const error = signIn.error ?? passkey.error
  if (providers.data?.first_start) return <FirstStart />
  return (
    <>
      <h1 className={css.title}>Sign in</h1>
      <form className={css.form} onSubmit={onSubmit(signIn.mutate)}>
        <TextInput
          label="Sign-in name"
          description="The e-mail address your administrator entered, unless you chose another"
          type="email"
          name="username"
          autoComplete="username webauthn"
          required
          withAsterisk={false}
          size="md"
          value={email}
          onChange={event => setEmail(event.currentTarget.value)}
          autoFocus
        />
        <PasswordInput
          label="Password"
          name="password"
          autoComplete="current-password"
          required
          withAsterisk={false}
          size="md"
          value={password}
          onChange={event => setPassword(event.currentTarget.value)}
        />
        <p className={css.error} role="alert">
          {error?.message ?? (refused && (REFUSED[refused] ?? 'The company sign-in did not work. Try again.'))}
        </p>
        <Button type="submit" size="md" loading={signIn.isPending} fullWidth>
          Sign in
        </Button>
      </form>
      {(hasPasskeys() || providers.data?.data.length) && (
        <div className={css.others}>
          <span className={css.or}>or</span>
          {hasPasskeys() && <PasskeyButton passkey={passkey} />}
          {providers.data?.data.map(provider => (
            <Button
              key={provider.name}
              variant="default"
              size="md"
              fullWidth
              component="a"
              href={`/api/auth/oidc/${encodeURIComponent(provider.name)}/start?next=${encodeURIComponent(next ?? '/')}`}
            >
              Continue with {provider.label}
            </Button>
          ))}
        </div>
      )}
      <LostLink />
    </>
  )
}
