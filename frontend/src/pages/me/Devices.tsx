import { Button } from '@mantine/core'
import { IconDeviceDesktop, IconDeviceMobile } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, read } from '@/api/client'
import { queries } from '@/api/queries'
import { Badge } from '@/ui/Badge'
import { dateTime, day, plural } from '@/ui/format'
import { Card } from '@/ui/Page'
import { Loading, QueryState } from '@/ui/states'
import { showError, showToast } from '@/ui/toasts'
import css from './Me.module.css'

const PHONES = /iphone|ipad|android/i
const SIGN_IN_METHODS: Record<string, string> = {
  password: 'your password',
  passkey: 'a passkey',
  link: 'a one-time link',
  oidc: 'your company account',
}

/** The devices the user is signed in on; each other one can be signed out. */
export function Devices() {
  const query = useQuery(queries.sessions())
  const queryClient = useQueryClient()
  const others = query.data?.data.filter(device => !device.current) ?? []
  const end = useMutation({
    mutationFn: async (ids: string[]) => {
      for (const session_id of ids)
        await read(api.DELETE('/api/me/sessions/{session_id}', { params: { path: { session_id } } }))
    },
    onSuccess: (_, ids) => showToast(`${plural(ids.length, 'device')} signed out`, { tone: 'good' }),
    onError: showError,
    onSettled: () => queryClient.invalidateQueries({ queryKey: queries.sessions().queryKey }),
  })
  return (
    <Card
      title="Where you are signed in"
      note="Don’t recognise one? Sign it out and change your password"
      actions={
        others.length > 1 && (
          <Button
            variant="default"
            loading={end.isPending}
            onClick={() => end.mutate(others.map(device => device.session_id))}
          >
            Sign out all others
          </Button>
        )
      }
    >
      <QueryState query={query} loading={<Loading rows={3} height={44} />}>
        {answer => (
          <ul className={css.rows}>
            {answer.data.map(device => {
              const Icon = PHONES.test(device.device) ? IconDeviceMobile : IconDeviceDesktop
              return (
                <li key={device.session_id} className={css.row}>
                  <Icon size={24} stroke={1.5} className={css.dim} aria-hidden />
                  <div className={css.grow}>
                    <p className={css.titled}>
                      {device.device} {device.current && <Badge tone="good">This device</Badge>}
                    </p>
                    <p className={css.dim}>
                      {device.current ? 'Active now' : `Last active ${dateTime(device.last_seen_at)}`}
                      {device.network && `, network ${device.network}`}. Signed in {day(device.created_at)} with{' '}
                      {SIGN_IN_METHODS[device.signed_in_by] ?? device.signed_in_by}
                    </p>
                  </div>
                  {!device.current && (
                    <Button
                      variant="default"
                      aria-label={`Sign out ${device.device}`}
                      disabled={end.isPending}
                      onClick={() => end.mutate([device.session_id])}
                    >
                      Sign out
                    </Button>
                  )}
                </li>
              )
            })}
          </ul>
        )}
      </QueryState>
    </Card>
  )
}
