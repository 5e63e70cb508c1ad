import { Button } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, read } from '@/api/client'
import type { User } from '@/api/shapes'
import { RecoveryCodes } from '@/features/session/RecoveryCodes'
import { SetUpApp } from '@/features/session/SetUpApp'
import { Badge } from '@/ui/Badge'
import { ConfirmDialog } from '@/ui/ConfirmDialog'
import { plural } from '@/ui/format'
import { Card } from '@/ui/Page'
import { showError, showToast } from '@/ui/toasts'
import css from './Me.module.css'

/** The second factor: an authenticator app, and recovery codes in case the phone is lost. */
export function Authenticator({ me }: { me: User }) {
  const queryClient = useQueryClient()
  const [isRemoving, setRemoving] = useState(false)
  const [codes, setCodes] = useState<string[]>([])
  const refresh = () => queryClient.invalidateQueries({ queryKey: ['me'] })
  const start = useMutation({ mutationFn: () => read(api.POST('/api/me/totp')), onError: showError })
  const renew = useMutation({
    mutationFn: () => read(api.POST('/api/me/recovery-codes')),
    onSuccess: answer => {
      setCodes(answer.recovery_codes)
      return refresh()
    },
    onError: showError,
  })
  const remove = useMutation({
    mutationFn: () => read(api.DELETE('/api/me/totp')),
    onSuccess: () => {
      setRemoving(false)
      showToast('Authenticator app removed')
      return refresh()
    },
  })
  const isOn = me.factors.includes('totp')
  return (
    <Card
      title={
        <span className={css.titled}>
          Second factor {me.second_factor ? <Badge tone="good">✓ On</Badge> : <Badge tone="warn">Off</Badge>}
        </span>
      }
      note="A code asked for after your password, and again before anything that cannot be undone"
    >
      <div className={css.rows}>
        <div className={css.row}>
          <div>
            <p>Authenticator app</p>
            <p className={css.dim}>{isOn ? 'A six-digit code from your phone' : 'Not set up'}</p>
          </div>
          {isOn ? (
            <Button variant="default" onClick={() => setRemoving(true)}>
              Remove
            </Button>
          ) : (
            <Button variant="default" loading={start.isPending} onClick={() => start.mutate()}>
              Set up
            </Button>
          )}
        </div>
        {me.second_factor && (
          <div className={css.row}>
            <div>
              <p>Recovery codes</p>
              <p className={css.dim}>{plural(me.recovery_codes, 'code')} left; each works once</p>
            </div>
            <Button variant="default" loading={renew.isPending} onClick={() => renew.mutate()}>
              Create new codes
            </Button>
          </div>
        )}
      </div>
      {start.data && (
        <SetUpApp
          secret={start.data.secret}
          qr={start.data.qr}
          onClose={start.reset}
          onDone={fresh => {
            start.reset()
            setCodes(fresh)
            if (!fresh.length) showToast('Authenticator app turned on', { tone: 'good' })
            void refresh()
          }}
        />
      )}
      {codes.length > 0 && <RecoveryCodes codes={codes} onClose={() => setCodes([])} />}
      {isRemoving && (
        <ConfirmDialog
          title="Remove the authenticator app?"
          action="Remove"
          isDestructive
          isBusy={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate()}
          onClose={() => setRemoving(false)}
        >
          <p>Its codes stop working. Without another second factor, your password alone will be enough to sign in.</p>
        </ConfirmDialog>
      )}
    </Card>
  )
}
