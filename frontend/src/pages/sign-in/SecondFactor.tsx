import { Button, TextInput } from '@mantine/core'
import '@/ui/theme/inputs'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { api, read } from '@/api/client'
import css from './SignIn.module.css'
import { type OnAnswer, onSubmit } from './submit'

interface Props {
  ticket: string
  onAnswer: OnAnswer
  onBack: () => void
}

/** The code of the authenticator app, or a recovery code. */
export function SecondFactor({ ticket, onAnswer, onBack }: Props) {
  const [isRecovery, setRecovery] = useState(false)
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
      <h1 className={css.title}>Enter your code</h1>
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
            setRecovery(!isRecovery)
            setCode('')
          }}
        >
          {isRecovery ? 'Use the authenticator app' : 'Use a recovery code'}
        </button>
        <button type="button" onClick={onBack}>
          Start again
        </button>
      </div>
    </>
  )
}
