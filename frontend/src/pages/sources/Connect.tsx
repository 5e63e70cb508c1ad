import { Button, NativeSelect, Textarea, TextInput, type TextInputProps } from '@mantine/core'
import '@/ui/theme/inputs'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { api, read } from '@/api/client'
import type { SourceKind } from '@/api/shapes'
import { Dialog } from '@/ui/Dialog'
import { ErrorText } from '@/ui/ErrorText'
import { showToast } from '@/ui/toasts'
import css from './Sources.module.css'

/** Connects a source: which kind, and what it needs. */
export function Connect({ kinds, onClose }: { kinds: SourceKind[]; onClose: () => void }) {
  const [chosen, setChosen] = useState(kinds[0]?.kind ?? '')
  const kind = kinds.find(each => each.kind === chosen)
  return (
    <Dialog title="Connect a source" onClose={onClose} closeOnClickOutside={false}>
      <div className={css.form}>
        <NativeSelect
          label="Kind"
          value={chosen}
          onChange={event => setChosen(event.currentTarget.value)}
          data={kinds.map(each => ({ value: each.kind, label: each.label }))}
        />
        {kind?.never_run && <p className={css.dim}>{kind.never_run}</p>}
        {chosen === 'google-sheets' && <Sheet onClose={onClose} />}
        {chosen === 'quickbooks' && <QuickBooks />}
        {chosen === 'instagram' && <Instagram />}
        {kind?.on_command_line_only && (
          <p>
            An administrator connects a folder on the server, at its command line:{' '}
            <code>foresell connect folder NAME PATH</code>
          </p>
        )}
      </div>
    </Dialog>
  )
}

interface FieldProps extends Omit<TextInputProps, 'onChange'> {
  onChange: (value: string) => void
}

function Field({ onChange, ...rest }: FieldProps) {
  return (
    <TextInput
      required
      withAsterisk={false}
      autoComplete="off"
      onChange={event => onChange(event.currentTarget.value)}
      {...rest}
    />
  )
}

function Name(props: Pick<FieldProps, 'value' | 'onChange'>) {
  return (
    <Field
      label="Name"
      description="Small letters, digits and hyphens, such as quickbooks-uk"
      maxLength={40}
      pattern="[a-z0-9][a-z0-9\-]*"
      {...props}
    />
  )
}

/** The fields of a kind of source, sent when the button is pressed. */
function ConnectForm({
  connect,
  action,
  children,
}: {
  connect: { mutate: () => void; error: Error | null; isPending: boolean }
  action: string
  children: ReactNode
}) {
  return (
    <form
      className={css.form}
      onSubmit={event => {
        event.preventDefault()
        connect.mutate()
      }}
    >
      {children}
      <ErrorText error={connect.error} keepsHeight />
      <Button type="submit" loading={connect.isPending}>
        {action}
      </Button>
    </form>
  )
}

function Sheet({ onClose }: { onClose: () => void }) {
  const queryClient = useQueryClient()
  const [source, setSource] = useState('')
  const [spreadsheet, setSpreadsheet] = useState('')
  const [tab, setTab] = useState('')
  const [key_file, setKeyFile] = useState('')
  const connect = useMutation({
    mutationFn: () => read(api.POST('/api/sources/google-sheets', { body: { source, spreadsheet, tab, key_file } })),
    onSuccess: () => {
      showToast(`${source} is connected`, { tone: 'good' })
      onClose()
      return queryClient.invalidateQueries({ queryKey: ['sources'] })
    },
  })
  return (
    <ConnectForm connect={connect} action="Connect">
      <Name value={source} onChange={setSource} />
      <Field
        label="Spreadsheet"
        description="Its address, as in the browser"
        value={spreadsheet}
        onChange={setSpreadsheet}
      />
      <Field
        label="Tab"
        description="The one with a heading row and one order line a row"
        maxLength={100}
        value={tab}
        onChange={setTab}
      />
      <Textarea
        label="Key of the service account"
        description="The JSON file from Google. Share the spreadsheet with its client_email, as a reader. It is kept encrypted"
        required
        withAsterisk={false}
        rows={4}
        autoComplete="off"
        spellCheck={false}
        value={key_file}
        onChange={event => setKeyFile(event.currentTarget.value)}
      />
    </ConnectForm>
  )
}

function QuickBooks() {
  const [source, setSource] = useState('')
  const [client_id, setId] = useState('')
  const [client_secret, setSecret] = useState('')
  const redirect_url = `${window.location.origin}/sources`
  const connect = useMutation({
    mutationFn: () =>
      read(api.POST('/api/sources/quickbooks', { body: { source, client_id, client_secret, redirect_url } })),
    onSuccess: ({ sign_in_url }) => {
      window.location.assign(sign_in_url)
    },
  })
  return (
    <ConnectForm connect={connect} action="Sign in to QuickBooks">
      <p className={css.dim}>
        Make an app on Intuit’s developer site, and add <strong>{redirect_url}</strong> to its redirect addresses.
      </p>
      <Name value={source} onChange={setSource} />
      <Field label="Client id" maxLength={200} value={client_id} onChange={setId} />
      <Field label="Client secret" type="password" maxLength={500} value={client_secret} onChange={setSecret} />
    </ConnectForm>
  )
}

/** Names in a text, with commas or spaces between them. */
function splitNames(names: string) {
  return names.split(/[\s,]+/).filter(Boolean)
}

function Instagram() {
  const [source, setSource] = useState('')
  const [app_id, setId] = useState('')
  const [app_secret, setSecret] = useState('')
  const [accounts, setAccounts] = useState('')
  const [hashtags, setHashtags] = useState('')
  const redirect_url = `${window.location.origin}/sources`
  const connect = useMutation({
    mutationFn: () =>
      read(
        api.POST('/api/sources/instagram', {
          body: {
            source,
            app_id,
            app_secret,
            accounts: splitNames(accounts),
            hashtags: splitNames(hashtags),
            redirect_url,
          },
        }),
      ),
    onSuccess: ({ sign_in_url }) => {
      window.location.assign(sign_in_url)
    },
  })
  return (
    <ConnectForm connect={connect} action="Sign in with Facebook">
      <p className={css.dim}>
        Make an app on Meta’s developer site with Facebook Login, and add <strong>{redirect_url}</strong> to its
        redirect addresses. Your account must be a professional one behind a Facebook page of yours.
      </p>
      <Name value={source} onChange={setSource} />
      <Field label="App id" maxLength={30} pattern="[0-9]+" value={app_id} onChange={setId} />
      <Field label="App secret" type="password" maxLength={500} value={app_secret} onChange={setSecret} />
      <Field
        label="Other accounts"
        description="Business accounts of which you want public numbers; may be empty"
        required={false}
        maxLength={1500}
        value={accounts}
        onChange={setAccounts}
      />
      <Field
        label="Hashtags"
        description="At most 30; may be empty"
        required={false}
        maxLength={1500}
        value={hashtags}
        onChange={setHashtags}
      />
    </ConnectForm>
  )
}
