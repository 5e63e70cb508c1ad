import { Button } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { api, read } from '@/api/client'
import { ErrorText } from '@/ui/ErrorText'
import css from './SignIn.module.css'
import { type OnAnswer, onSubmit } from './submit'

/** The page of a one-time link. It takes a click: programs that open links in mails must not use the link up. */
export function OneTimeLink({ token, onAnswer }: { token: string; onAnswer: OnAnswer }) {
  const enter = useMutation({
    mutationFn: () => read(api.POST('/api/auth/link', { body: { token } })),
    onSuccess: onAnswer,
  })
  return (
    <>
      <h1 className={css.title}>Welcome</h1>
      <form className={css.form} onSubmit={onSubmit(enter.mutate)}>
        <p>This link signs you in without a password. Next, you choose your password.</p>
        <ErrorText error={enter.error} keepsHeight />
        <Button type="submit" size="md" loading={enter.isPending} fullWidth autoFocus>
          Continue
        </Button>
      </form>
      <div className={css.help}>
        <p>This link works once. If it no longer works, ask your administrator for a new one.</p>
      </div>
    </>
  )
}
