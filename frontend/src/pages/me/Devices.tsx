import { Button } from '@mantine/core'
import { IconDeviceDesktop, IconDeviceMobile } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, read } from '@/api/client'
import { ask } from '@/api/questions'
import { Faced, Waiting } from '@/components/faces'
import { day, many, moment } from '@/components/format'
import { Chip } from '@/components/marks'
import { Card } from '@/components/Page'
import { say, sayProblem } from '@/components/toasts'
import css from './Me.module.css'

const PHONES = /iphone|ipad|android/i

/** Where one is signed in; any other device can be signed out from here. */
export function Devices() {
  const query = useQuery(ask.sessions())
  const queries = useQueryClient()
  const others = query.data?.data.filter(each => !each.current) ?? []
  const end = useMutation({
    mutationFn: async (ids: string[]) => {
      for (const session_id of ids)
        await read(api.DELETE('/api/me/sessions/{session_id}', { params: { path: { session_id } } }))
    },
    onSuccess: (_, ids) => say(`${many(ids.length, 'device')} signed out`, { tone: 'good' }),
    onError: sayProblem,
    onSettled: () => queries.invalidateQueries({ queryKey: ask.sessions().queryKey }),
  })
  return (
    <Card
      title="Where you are signed in"
      note="Do you not know one? Sign it out and set another password"
      actions={
        others.length > 1 && (
          <Button
            variant="default"
            loading={end.isPending}
            onClick={() => end.mutate(others.map(each => each.session_id))}
          >
            Sign out all others
          </Button>
        )
      }
    >
      <Faced query={query} waiting={<Waiting rows={3} height={44} />}>
        {answer => (
          <ul className={css.rows}>
            {answer.data.map(each => {
              const Icon = PHONES.test(each.device) ? IconDeviceMobile : IconDeviceDesktop
              return (
                <li key={each.session_id} className={css.row}>
                  <Icon size={24} stroke={1.5} className={css.dim} aria-hidden />
                  <div className={css.grow}>
                    <p className={css.titled}>
                      {each.device} {each.current && <Chip tone="good">this one</Chip>}
                    </p>
                    <p className={css.dim}>
                      {each.current ? 'In use now' : `Last seen ${moment(each.last_seen_at)}`}
                      {each.network && `, from ${each.network}`}, signed in {day(each.created_at)} by{' '}
                      {each.signed_in_by}
                    </p>
                  </div>
                  {!each.current && (
                    <Button
                      variant="default"
                      aria-label={`Sign out ${each.device}`}
                      disabled={end.isPending}
                      onClick={() => end.mutate([each.session_id])}
                    >
                      Sign out
                    </Button>
                  )}
                </li>
              )
            })}
          </ul>
        )}
      </Faced>
    </Card>
  )
}
