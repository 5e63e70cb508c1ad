import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { ask } from '@/api/questions'
import type { OwnedApiKey } from '@/api/shapes'
import { DataTable } from '@/components/DataTable'
import { Empty, Faced, Waiting } from '@/components/faces'
import { day, moment } from '@/components/format'
import { Card } from '@/components/Page'
import { RevokeKey } from '@/components/RevokeKey'
import css from './Admin.module.css'

/** Everybody's keys that still count. */
export function Keys() {
  const query = useQuery(ask.allApiKeys())
  const [ending, setEnding] = useState<OwnedApiKey | null>(null)
  return (
    <Card title="API keys" note="A key never allows more than its owner may" flush>
      <Faced
        query={query}
        waiting={
          <div className={css.waiting}>
            <Waiting rows={4} height={20} gap={20} />
          </div>
        }
        isEmpty={answer => answer.data.length === 0}
        empty={<Empty title="Nobody has an API key">Everybody can make their own on the page Me.</Empty>}
      >
        {answer => (
          <DataTable
            caption="API keys"
            rowKey={key => key.key_id}
            rows={answer.data}
            columns={[
              { name: 'owner', label: 'Whose', show: key => <strong>{key.owner}</strong> },
              { name: 'name', label: 'For' },
              { name: 'prefix', label: 'Begins with', show: key => <code>{key.prefix}…</code> },
              { name: 'scopes', label: 'May', wrap: true, show: key => key.scopes.join(', ') },
              { name: 'expires_at', label: 'Until', show: key => day(key.expires_at) },
              {
                name: 'last_used_at',
                label: 'Last used',
                show: key => (key.last_used_at ? moment(key.last_used_at) : <span className={css.dim}>not yet</span>),
              },
              {
                name: 'key_id',
                label: 'End',
                show: key => (
                  <Button
                    variant="subtle"
                    size="compact-sm"
                    aria-label={`Revoke ${key.name} of ${key.owner}`}
                    onClick={() => setEnding(key)}
                  >
                    Revoke
                  </Button>
                ),
              },
            ]}
          />
        )}
      </Faced>
      {ending && <RevokeKey apiKey={ending} owner={ending.owner} onClose={() => setEnding(null)} />}
    </Card>
  )
}
