import { Button } from '@mantine/core'
import { IconDeviceMobile, IconFingerprint } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { getRouteApi, useRouter } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { api, read } from '@/api/client'
import { session } from '@/api/session'
import { createPasskey, hasPasskeys } from '@/features/session/passkeys'
import { RecoveryCodes } from '@/features/session/RecoveryCodes'
import { SetUpApp } from '@/features/session/SetUpApp'
import { StepUpPrompt } from '@/features/session/StepUpPrompt'
import { ErrorText } from '@/ui/ErrorText'
import css from './SignIn.module.css'
import { SignInCard } from './SignInCard'

const route = getRouteApi('/second-factor')

/** The first sign-in of a user whose role requires a second factor: nothing else opens before one is set up. */
export default function SetUpSecondFactor() {
  const { next } = route.useSearch()
  const router = useRouter()
  const [codes, setCodes] = useState<string[] | null>(null)

  useEffect(() => {
    document.title = 'Set up a second factor · Foresell'
  }, [])

  async function goOn() {
    session.setUser(await read(api.GET('/api/me')))
    await router.navigate({ href: next ?? '/', replace: true })
  }

  function onDone(fresh: string[]) {
    if (fresh.length) setCodes(fresh)
    else void goOn()
  }

  const app = useMutation({ mutationFn: () => read(api.POST('/api/me/totp')) })
  const passkey = useMutation({
    mutationFn: async () => {
      const { ticket, options } = await read(api.POST('/api/me/passkeys/options'))
      return read(
        api.POST('/api/me/passkeys', { body: { ticket, credential: await createPasskey(options), name: 'Passkey' } }),
      )
    },
    onSuccess: added => onDone(added.recovery_codes),
  })
  const signOut = useMutation({
    mutationFn: () => read(api.POST('/api/auth/sign-out')),
    onSettled: () => {
      session.forget()
      return router.navigate({ to: '/sign-in', search: {} })
    },
  })
  const error = app.error ?? passkey.error
  return (
    <SignInCard>
      <h1 className={css.title}>Set up a second factor</h1>
      <p>Your role requires more than a password. Choose what you will confirm with when you sign in.</p>
      <div className={css.others}>
        {hasPasskeys() && (
          <Button
            size="md"
            fullWidth
            leftSection={<IconFingerprint size={18} aria-hidden />}
            loading={passkey.isPending}
            onClick={() => passkey.mutate()}
          >
            Passkey on this device
          </Button>
        )}
        <Button
          variant={hasPasskeys() ? 'default' : 'filled'}
          size="md"
          fullWidth
          leftSection={<IconDeviceMobile size={18} aria-hidden />}
          loading={app.isPending}
          onClick={() => app.mutate()}
        >
          Authenticator app
        </Button>
      </div>
      <div className={css.help}>
        <p>A passkey uses this device’s fingerprint, face or PIN. You can add more ways later under My account.</p>
        <ErrorText error={error} keepsHeight />
      </div>
      <div className={css.ways}>
        <button type="button" onClick={() => signOut.mutate()}>
          Sign out
        </button>
      </div>
      {app.data && !codes && <SetUpApp secret={app.data.secret} qr={app.data.qr} onClose={app.reset} onDone={onDone} />}
      {codes && <RecoveryCodes codes={codes} onClose={() => void goOn()} />}
      <StepUpPrompt />
    </SignInCard>
  )
}
