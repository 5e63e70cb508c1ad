import { Button, NativeSelect, SegmentedControl } from '@mantine/core'
import '@/ui/theme/dialogs'
import '@/ui/theme/inputs'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, read } from '@/api/client'
import { queries } from '@/api/queries'
import type { User } from '@/api/shapes'
import { pagesFor } from '@/features/session/navigation'
import { THEMES, useTheme } from '@/features/session/useTheme'
import { EmailField, NameField } from '@/ui/fields'
import { dateTime, decimal, setLocale } from '@/ui/format'
import { Card } from '@/ui/Page'
import { showError, showToast } from '@/ui/toasts'
import css from './Me.module.css'

const LOCALES = [
  'en-GB',
  'en-US',
  'de-DE',
  'fr-FR',
  'es-ES',
  'it-IT',
  'nl-NL',
  'pt-BR',
  'pt-PT',
  'pl-PL',
  'sv-SE',
  'ja-JP',
]
const names = new Intl.DisplayNames(['en'], { type: 'language' })

/** Name and e-mail; theme, number format and start page. */
export function Profile({ me }: { me: User }) {
  const queryClient = useQueryClient()
  const [scheme, setScheme] = useTheme()
  const [name, setName] = useState(me.name)
  const [email, setEmail] = useState(me.email)
  const change = useMutation({
    mutationFn: (body: { name?: string; email?: string; preferences?: { locale?: string; home?: string } }) =>
      read(api.PATCH('/api/me', { body })),
    onSuccess: fresh => {
      setLocale(fresh.preferences.locale || undefined)
      queryClient.setQueryData(queries.me().queryKey, fresh)
      showToast('Saved', { tone: 'good' })
    },
    onError: showError,
  })
  const changed = {
    ...(name.trim() !== me.name ? { name: name.trim() } : {}),
    ...(email.trim() !== me.email ? { email: email.trim() } : {}),
  }
  const locale = me.preferences.locale ?? ''
  const known = locale && !LOCALES.includes(locale) ? [locale, ...LOCALES] : LOCALES
  return (
    <>
      <Card title="Profile">
        <form
          className={css.form}
          onSubmit={event => {
            event.preventDefault()
            change.mutate(changed)
          }}
        >
          <NameField description="Shown to your colleagues" autoComplete="name" value={name} onChange={setName} />
          <EmailField
            description="You sign in with this address. To change it, you confirm your password"
            autoComplete="email"
            value={email}
            onChange={setEmail}
          />
          <Button
            type="submit"
            loading={change.isPending}
            disabled={!Object.keys(changed).length || !name.trim()}
            className={css.act}
          >
            Save
          </Button>
        </form>
      </Card>
      <Card title="Preferences">
        <div className={css.form}>
          <div>
            <p className={css.label} id="theme">
              Theme
            </p>
            <SegmentedControl
              aria-labelledby="theme"
              value={scheme}
              onChange={value => setScheme(value as typeof scheme)}
              data={[...THEMES]}
            />
          </div>
          <NativeSelect
            label="Numbers and dates"
            description={`Example: ${decimal(1234.5)} and ${dateTime('2026-11-21T09:30:00Z')}`}
            value={locale}
            onChange={event => change.mutate({ preferences: { locale: event.currentTarget.value } })}
            data={[
              { value: '', label: 'Browser default' },
              ...known.map(value => ({ value, label: names.of(value) ?? value })),
            ]}
          />
          <NativeSelect
            label="Start page"
            description="Shown after you sign in"
            value={me.preferences.home ?? ''}
            onChange={event => change.mutate({ preferences: { home: event.currentTarget.value || '/' } })}
            data={pagesFor(me).map(place => ({ value: place.to, label: place.label }))}
          />
        </div>
      </Card>
    </>
  )
}
