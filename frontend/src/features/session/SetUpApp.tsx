import { Button, TextInput } from '@mantine/core'
import '@/ui/theme/inputs'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { api, read } from '@/api/client'
import { Dialog } from '@/ui/Dialog'
import { describeError } from '@/ui/ErrorText'
import css from './SetUpApp.module.css'

/** The API's SVG as an image address; outside a page an SVG needs its namespace. */
function toDataUrl(svg: string): string {
  const named = svg.includes('xmlns') ? svg : svg.replace('<svg', '<svg xmlns="http://www.w3.org/2000/svg"')
  return `data:image/svg+xml;utf8,${encodeURIComponent(named)}`
}

interface Props {
  secret: string
  qr: string
  onClose: () => void
  onDone: (codes: string[]) => void
}

/** Sets up an authenticator app: the key as a picture and as text, and the first code; `onDone` gets the recovery codes. */
export function SetUpApp({ secret, qr, onClose, onDone }: Props) {
  const [code, setCode] = useState('')
  const confirm = useMutation({
    mutationFn: () => read(api.PUT('/api/me/totp', { body: { code } })),
    onSuccess: answer => onDone(answer.recovery_codes),
  })
  return (
    <Dialog onClose={onClose} title="Set up an authenticator app" closeOnClickOutside={false}>
      <form
        className={css.form}
        onSubmit={event => {
          event.preventDefault()
          confirm.mutate()
        }}
      >
        <p>Scan this with the authenticator app on your phone, then enter the six-digit code it shows.</p>
        <img className={css.qr} src={toDataUrl(qr)} alt="QR code of the key" width={200} height={200} />
        <p className={css.dim}>
          No camera? Enter this key in the app: <code className={css.secret}>{secret.match(/.{1,4}/g)?.join(' ')}</code>
        </p>
        <TextInput
          data-autofocus
          label="Code from the app"
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={6}
          value={code}
          onChange={event => setCode(event.currentTarget.value)}
          error={confirm.error && describeError(confirm.error)}
        />
        <Button type="submit" loading={confirm.isPending} disabled={code.length < 6}>
          Turn on
        </Button>
      </form>
    </Dialog>
  )
}
