import { Switch } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, read } from '@/api/client'
import { usePermissions } from '@/api/useSession'
import { enrichmentQueries } from '@/features/enrichment/enrichmentQueries'
import { FIELD_NAMES, type Value } from '@/features/enrichment/names'
import { ErrorText } from '@/ui/ErrorText'
import { percent } from '@/ui/format'
import { Card } from '@/ui/Page'

/** Which fields are accepted without a person; none at first. */
export function Rules() {
  const can = usePermissions()
  const queryClient = useQueryClient()
  const { data } = useQuery(enrichmentQueries.rules())
  const change = useMutation({
    mutationFn: ({ field, ...body }: { field: Value['field']; accepts: boolean; least_confidence: number }) =>
      read(api.PUT('/api/enrichment/rules/{field}', { params: { path: { field } }, body })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['enrichment', 'rules'] }),
  })
  if (!data) return null
  return (
    <Card title="Accept by rule" note="Applies to what is proposed from now on">
      {data.data.map(rule => (
        <Switch
          key={rule.field}
          mb={8}
          label={`${FIELD_NAMES[rule.field]}, if at least ${percent(rule.least_confidence)} sure`}
          checked={rule.accepts}
          disabled={!can('enrichment.manage') || change.isPending}
          onChange={event =>
            change.mutate({
              field: rule.field,
              accepts: event.currentTarget.checked,
              least_confidence: rule.least_confidence,
            })
          }
        />
      ))}
      <ErrorText error={change.error} />
    </Card>
  )
}
