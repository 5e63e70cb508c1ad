import { Button, TextInput } from '@mantine/core'
import '@/ui/theme/inputs'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { api, read } from '@/api/client'
import { hasPasskeys } from '@/features/session/passkeys'
import { PasskeyButton, usePasskey } from './Passkey'
import css from './SignIn.module.css'
import { type OnAnswer, onSubmit } from './submit'

export interface Pending {
  ticket: string
  second_factor?: string[]
}

interface Props {
  pending: Pending
  onAnswer: OnAnswer
  onBack: () => void
}

/** The code of the authenticator app, a recovery code, or a passkey: those that the user has. */
export function SecondFactor({ pending: { ticket, second_factor }, onAnswer, onBack }: Props) {
  const has = (factor: string) => second_factor?.includes(factor) ?? true
  const hasCode = has('totp') || has('recovery_code')
  const [isRecovery, setRecovery] = useState(!has('totp'))
  const passkey = usePasskey(onAnswer)
  const [code, setCode] = useState('')
  const confirm = useMutation({
    mutationFn: () =>
      read(
        api.POST('/api/auth/second-factor', { body: isRecovery ? { ticket, recovery_code: code } : { ticket, code } }),
      ),
    onSuccess: onAnswer,
  })
  return (
    <>
      <h1 className={css.title}>{has('totp') ? 'Enter your code' : 'Confirm that it is you'}</h1>
      {has('passkey') && hasPasskeys() && (
        <div className={css.others}>
          <PasskeyButton passkey={passkey} />
          {hasCode && <span className={css.or}>or</span>}
        </div>
      )}
      {hasCode && (
        <form className={css.form} onSubmit={onSubmit(confirm.mutate)}>
          <TextInput
            key={String(isRecovery)}
            label={isRecovery ? 'Recovery code' : 'Code from your authenticator app'}
            description={isRecovery ? 'Each code works once' : 'Six digits, new every 30 seconds'}
            inputMode={isRecovery ? 'text' : 'numeric'}
            autoComplete="one-time-code"
            required
            withAsterisk={false}
            size="md"
            value={code}
            onChange={event => setCode(event.currentTarget.value)}
            autoFocus
          />
          <Button type="submit" size="md" loading={confirm.isPending} fullWidth>
            Continue
          </Button>
        </form>
      )}
      <p className={css.error} role="alert">
        {(confirm.error ?? passkey.error)?.message}
      </p>
      <div className={css.ways}>
        {has('totp') && has('recovery_code') && (
          <button
            type="button"
            onClick={() => {
              setRecovery(!isRecovery)
              setCode('')
            }}
          >
            {isRecovery ? 'Use the authenticator app' : 'Use a recovery code'}
          </button>
        )}
        <button type="button" onClick={onBack}>
          Start again
        </button>
      </div>
    </>
  )
}
