import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { queries } from '@/api/queries'
import type { OwnedApiKey } from '@/api/shapes'
import { RevokeKey } from '@/features/api-keys/RevokeKey'
import { byPermissionName, permissionName } from '@/features/session/permissions'
import { DataTable } from '@/ui/DataTable'
import { dateTime, day } from '@/ui/format'
import { Card } from '@/ui/Page'
import { EmptyState, Loading, QueryState } from '@/ui/states'
import css from './Admin.module.css'
import { GrantReveal } from './GrantReveal'

/** The valid API keys of all users. */
export function ApiKeys() {
  const query = useQuery(queries.allApiKeys())
  const [revoking, setRevoking] = useState<OwnedApiKey | null>(null)
  const [granting, setGranting] = useState<OwnedApiKey | null>(null)
  return (
    <Card title="API keys" note="A key never allows more than its owner may do" flush>
      <QueryState
        query={query}
        loading={
          <div className={css.waiting}>
            <Loading rows={4} height={20} gap={20} />
          </div>
        }
        isEmpty={answer => answer.data.length === 0}
        empty={<EmptyState title="No API keys">Users create their own keys under My account.</EmptyState>}
      >
        {answer => (
          <DataTable
            caption="API keys"
            rowKey={key => key.key_id}
            rows={answer.data}
            columns={[
              { name: 'owner', label: 'Owner', show: key => <strong>{key.owner}</strong> },
              { name: 'name', label: 'Purpose' },
              { name: 'prefix', label: 'Starts with', show: key => <code>{key.prefix}…</code> },
              {
                name: 'scopes',
                label: 'Permissions',
                wrap: true,
                show: key => byPermissionName(key.scopes).map(permissionName).join(', '),
              },
              {
                name: 'reveal_reason',
                label: 'Contact details',
                show: key => (
                  <Button
                    variant="subtle"
                    size="compact-sm"
                    aria-label={`Contact details for ${key.name} of ${key.owner}`}
                    onClick={() => setGranting(key)}
                  >
                    {key.reveal_reason ? 'Allowed' : 'Not allowed'}
                  </Button>
                ),
              },
              { name: 'expires_at', label: 'Expires', show: key => day(key.expires_at) },
              {
                name: 'last_used_at',
                label: 'Last used',
                show: key => (key.last_used_at ? dateTime(key.last_used_at) : <span className={css.dim}>Never</span>),
              },
              {
                name: 'key_id',
                label: 'Action',
                show: key => (
                  <Button
                    variant="subtle"
                    size="compact-sm"
                    aria-label={`Revoke ${key.name} of ${key.owner}`}
                    onClick={() => setRevoking(key)}
                  >
                    Revoke
                  </Button>
                ),
              },
            ]}
          />
        )}
      </QueryState>
      {granting && <GrantReveal apiKey={granting} onClose={() => setGranting(null)} />}
      {revoking && <RevokeKey apiKey={revoking} owner={revoking.owner} onClose={() => setRevoking(null)} />}
    </Card>
  )
}
