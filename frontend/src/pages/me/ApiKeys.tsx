import { Button } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { queries } from '@/api/queries'
import type { ApiKey, User } from '@/api/shapes'
import { RevokeKey } from '@/features/api-keys/RevokeKey'
import { byPermissionName, permissionName } from '@/features/session/permissions'
import { dateTime, day } from '@/ui/format'
import { Card } from '@/ui/Page'
import { EmptyState, Loading, QueryState } from '@/ui/states'
import css from './Me.module.css'
import { NewApiKey } from './NewApiKey'

/** The user's own API keys. */
export function ApiKeys({ me }: { me: User }) {
  const query = useQuery(queries.apiKeys())
  const [isCreating, setCreating] = useState(false)
  const [revoking, setRevoking] = useState<ApiKey | null>(null)
  return (
    <Card
      title="API keys"
      note="For programs that work on your behalf. A key never allows more than you may do yourself"
      actions={
        <Button variant="default" leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setCreating(true)}>
          New API key
        </Button>
      }
    >
      <QueryState
        query={query}
        loading={<Loading rows={2} height={44} />}
        isEmpty={answer => answer.data.length === 0}
        empty={
          <EmptyState title="No API keys yet">
            Create one when a program needs to read or change data for you.
          </EmptyState>
        }
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
                    {byPermissionName(key.scopes).map(permissionName).join(', ')}. Expires {day(key.expires_at)},{' '}
                    {key.last_used_at ? `last used ${dateTime(key.last_used_at)}` : 'never used'}
                  </p>
                </div>
                <Button variant="default" aria-label={`Revoke ${key.name}`} onClick={() => setRevoking(key)}>
                  Revoke
                </Button>
              </li>
            ))}
          </ul>
        )}
      </QueryState>
      {isCreating && <NewApiKey me={me} onClose={() => setCreating(false)} />}
      {revoking && <RevokeKey apiKey={revoking} onClose={() => setRevoking(null)} />}
    </Card>
  )
}
