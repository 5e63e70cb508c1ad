import { Button, PasswordInput, TextInput } from '@mantine/core'
import '@/components/theme/inputs'
import { IconFingerprint } from '@tabler/icons-react'
import { useMutation, useQuery } from '@tanstack/react-query'
import { getRouteApi, useRouter } from '@tanstack/react-router'
import { type FormEvent, useEffect, useState } from 'react'
import { api, read } from '@/api/client'
import { ask } from '@/api/questions'
import { session } from '@/api/session'
import type { SignInAnswer } from '@/api/shapes'
import { answerPasskey, hasPasskeys } from '@/components/passkeys'
import css from './SignIn.module.css'

const route = getRouteApi('/sign-in')

/** Password, then a second factor where there is one; or a passkey, a one-time link, a company's own sign-in. */
export default function SignIn() {
  const { next, token, ticket: begun, refused } = route.useSearch()
  const router = useRouter()
  const [ticket, setTicket] = useState<string | null>(begun ?? null)

  useEffect(() => {
    document.title = 'Sign in · Foresell'
  }, [])

  async function onAnswer(answer: SignInAnswer) {
    if ('ticket' in answer) return setTicket(answer.ticket)
    session.accept(answer)
    await router.navigate({ href: next ?? '/', replace: true })
  }

  return (
    <main className={css.page}>
      <div className={css.card}>
        <div className={css.brand}>
          <img src="/favicon.svg" alt="" width={32} height={32} />
          <span>Foresell</span>
        </div>
        {ticket ? (
          <SecondFactor ticket={ticket} onAnswer={onAnswer} onBack={() => setTicket(null)} />
        ) : token ? (
          <OneTimeLink token={token} onAnswer={onAnswer} />
        ) : (
          <Password next={next} refused={refused} onAnswer={onAnswer} />
        )}
      </div>
    </main>
  )
}

type OnAnswer = (answer: SignInAnswer) => Promise<void> | void

function submit(act: () => void) {
  return (event: FormEvent) => {
    event.preventDefault()
    act()
  }
}

const REFUSED: Record<string, string> = {
  stranger: 'You are not a user here yet. Ask an administrator to add you with this e-mail.',
  provider: 'The other sign-in could not be reached. Try again, or use your password.',
}

function Password({ next, refused, onAnswer }: { next?: string; refused?: string; onAnswer: OnAnswer }) {
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const providers = useQuery(ask.providers())
  const signIn = useMutation({
    mutationFn: () => read(api.POST('/api/auth/sign-in', { body: { email, password } })),
    onSuccess: onAnswer,
  })
  const passkey = useMutation({
    mutationFn: async () => {
      const { options, ticket } = await read(api.POST('/api/auth/passkey/options'))
      return read(api.POST('/api/auth/passkey', { body: { ticket, credential: await answerPasskey(options) } }))
    },
    onSuccess: onAnswer,
  })
  const error = signIn.error ?? passkey.error
  return (
    <>
      <h1 className={css.title}>Sign in</h1>
      <form className={css.form} onSubmit={submit(signIn.mutate)}>
        <TextInput
          label="E-mail"
          type="email"
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
          autoComplete="current-password"
          required
          withAsterisk={false}
          size="md"
          value={password}
          onChange={event => setPassword(event.currentTarget.value)}
        />
        <p className={css.error} role="alert">
          {error?.message ?? (refused && (REFUSED[refused] ?? 'The other sign-in did not work. Try again.'))}
        </p>
        <Button type="submit" size="md" loading={signIn.isPending} fullWidth>
          Sign in
        </Button>
      </form>
      {(hasPasskeys() || providers.data?.data.length) && (
        <div className={css.others}>
          <span className={css.or}>or</span>
          {hasPasskeys() && (
            <Button
              variant="default"
              size="md"
              fullWidth
              leftSection={<IconFingerprint size={18} aria-hidden />}
              loading={passkey.isPending}
              onClick={() => passkey.mutate()}
            >
              Use a passkey
            </Button>
          )}
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
      <p className={css.help}>Forgotten it? An administrator can send you a one-time link.</p>
    </>
  )
}

function SecondFactor({ ticket, onAnswer, onBack }: { ticket: string; onAnswer: OnAnswer; onBack: () => void }) {
  const [recovery, setRecovery] = useState(false)
  const [code, setCode] = useState('')
  const confirm = useMutation({
    mutationFn: () =>
      read(
        api.POST('/api/auth/second-factor', { body: recovery ? { ticket, recovery_code: code } : { ticket, code } }),
      ),
    onSuccess: onAnswer,
  })
  return (
    <>
      <h1 className={css.title}>One more step</h1>
      <form className={css.form} onSubmit={submit(confirm.mutate)}>
        <TextInput
          key={String(recovery)}
          label={recovery ? 'Recovery code' : 'Code from your authenticator'}
          description={recovery ? 'Each works once.' : 'Six digits, new every half minute.'}
          inputMode={recovery ? 'text' : 'numeric'}
          autoComplete="one-time-code"
          required
          withAsterisk={false}
          size="md"
          value={code}
          onChange={event => setCode(event.currentTarget.value)}
          autoFocus
        />
        <p className={css.error} role="alert">
          {confirm.error?.message}
        </p>
        <Button type="submit" size="md" loading={confirm.isPending} fullWidth>
          Continue
        </Button>
      </form>
      <div className={css.ways}>
        <button
          type="button"
          onClick={() => {
            setRecovery(!recovery)
            setCode('')
          }}
        >
          {recovery ? 'Use the authenticator' : 'Use a recovery code'}
        </button>
        <button type="button" onClick={onBack}>
          Start again
        </button>
      </div>
    </>
  )
}

const SHORTEST = 15

function OneTimeLink({ token, onAnswer }: { token: string; onAnswer: OnAnswer }) {
  const [password, setPassword] = useState('')
  const enter = useMutation({
    mutationFn: () => read(api.POST('/api/auth/link', { body: password ? { token, password } : { token } })),
    onSuccess: onAnswer,
  })
  return (
    <>
      <h1 className={css.title}>Welcome</h1>
      <form className={css.form} onSubmit={submit(enter.mutate)}>
        <PasswordInput
          label="Choose a password"
          description={`At least ${SHORTEST} characters; a few words you can remember are best.`}
          autoComplete="new-password"
          minLength={SHORTEST}
          size="md"
          value={password}
          onChange={event => setPassword(event.currentTarget.value)}
          autoFocus
        />
        <p className={css.error} role="alert">
          {enter.error?.message}
        </p>
        <Button type="submit" size="md" loading={enter.isPending} fullWidth>
          {password ? 'Save and sign in' : 'Sign in once'}
        </Button>
      </form>
      <p className={css.help}>This link works once.</p>
    </>
  )
}
