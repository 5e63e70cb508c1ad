import { Button } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { ask } from '@/api/questions'
import type { ApiKey, User } from '@/api/shapes'
import { Empty, Faced, Waiting } from '@/components/faces'
import { day, moment } from '@/components/format'
import { Card } from '@/components/Page'
import { RevokeKey } from '@/components/RevokeKey'
import css from './Me.module.css'
import { NewKey } from './NewKey'

/** One's keys for programs. */
export function Keys({ me }: { me: User }) {
  const query = useQuery(ask.apiKeys())
  const [isMaking, setMaking] = useState(false)
  const [ending, setEnding] = useState<ApiKey | null>(null)
  return (
    <Card
      title="API keys"
      note="For programs that act for you; never more than you may yourself"
      actions={
        <Button variant="default" leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setMaking(true)}>
          New key
        </Button>
      }
    >
      <Faced
        query={query}
        waiting={<Waiting rows={2} height={44} />}
        isEmpty={answer => answer.data.length === 0}
        empty={<Empty title="No keys yet">Make one when a program is to read or write for you.</Empty>}
      >
        {answer => (
          <ul className={css.rows}>
            {answer.data.map(key => (
              <li key={key.key_id} className={css.row}>
                <div className={css.grow}>
                  <p>
                    {key.name} <code className={css.dim}>{key.prefix}…</code>
                  </p>
                  <p className={css.dim}>
                    {key.scopes.join(', ')}; until {day(key.expires_at)},{' '}
                    {key.last_used_at ? `last used ${moment(key.last_used_at)}` : 'not used yet'}
                  </p>
                </div>
                <Button variant="default" aria-label={`Revoke ${key.name}`} onClick={() => setEnding(key)}>
                  Revoke
                </Button>
              </li>
            ))}
          </ul>
        )}
      </Faced>
      {isMaking && <NewKey me={me} onClose={() => setMaking(false)} />}
      {ending && <RevokeKey apiKey={ending} onClose={() => setEnding(null)} />}
    </Card>
  )
}
