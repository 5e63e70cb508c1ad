import { Button } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, read } from '@/api/client'
import { ask } from '@/api/questions'
import type { OwnedApiKey } from '@/api/shapes'
import { ConfirmDialog } from '@/components/ConfirmDialog'
import { DataTable } from '@/components/DataTable'
import { Empty, Faced, Waiting } from '@/components/faces'
import { day, moment } from '@/components/format'
import { Card } from '@/components/Page'
import { say } from '@/components/toasts'
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
      {ending && <Revoke apiKey={ending} onClose={() => setEnding(null)} />}
    </Card>
  )
}

function Revoke({ apiKey, onClose }: { apiKey: OwnedApiKey; onClose: () => void }) {
  const queries = useQueryClient()
  const revoke = useMutation({
    mutationFn: () => read(api.DELETE('/api/me/api-keys/{key_id}', { params: { path: { key_id: apiKey.key_id } } })),
    onSuccess: () => {
      say(`Key ${apiKey.name} of ${apiKey.owner} has ended`)
      void queries.invalidateQueries({ queryKey: ['api-keys'] })
      onClose()
    },
  })
  return (
    <ConfirmDialog
      title={`Revoke ${apiKey.name}?`}
      action="Revoke"
      isGrave
      isBusy={revoke.isPending}
      error={revoke.error}
      onConfirm={() => revoke.mutate()}
      onClose={onClose}
    >
      <p>Whatever {apiKey.owner} uses this key for stops at once. It cannot be brought back, only replaced.</p>
    </ConfirmDialog>
  )
}
