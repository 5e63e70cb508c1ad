import { Button } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, read } from '@/api/client'
import type { Customer } from '@/api/shapes'
import { usePermissions } from '@/api/useSession'
import { FIELD_NAMES, RELATION_NAMES } from '@/features/identity/names'
import { Badge } from '@/ui/Badge'
import { country, day, NO_VALUE, percent, plural } from '@/ui/format'
import { Card } from '@/ui/Page'
import { Loading, QueryState } from '@/ui/states'
import { showError, showToast } from '@/ui/toasts'
import css from './Customer.module.css'
import { customerQueries, type GoldenGroup } from './customerQueries'
import { LineageOf } from './Lineage'

/** The values shown of the customer, each with its source, rule, and who differs. */
export function GoldenRecord({ data }: { data: Customer }) {
  const query = useQuery(customerQueries.golden(data.customer_id))
  return (
    <Card title="Values and where they come from" note="Open a value to see what each source says">
      <QueryState query={query} loading={<Loading rows={6} height={40} />}>
        {record => (
          <>
            {record.groups.map(group => (
              <Group key={group.field_group} customerId={data.customer_id} group={group} />
            ))}
          </>
        )}
      </QueryState>
    </Card>
  )
}

function Group({ customerId, group }: { customerId: string; group: GoldenGroup }) {
  const can = usePermissions()
  const pin = usePin(customerId, group.field_group)
  return (
    <details className={css.golden}>
      <summary>
        <span className={css.dim}>{FIELD_NAMES[group.field_group]}</span>
        <span dir="auto">
          {group.state === 'hidden' ? 'Hidden from your role' : show(standardValues(group))}
          {problems(group).map(each => (
            <span key={each} className={css.problem}>
              {each}
            </span>
          ))}
        </span>
        <span>
          {group.pin && !group.pin.expired && <Badge tone="brand">pinned</Badge>}{' '}
          {group.differ > 0 && <Badge tone="warn">{plural(group.differ, 'record differs', 'records differ')}</Badge>}
        </span>
      </summary>
      <div className={css.goldenMore}>
        {group.rule && <p className={css.dim}>{group.rule}</p>}
        <ul>
          {group.sources.map(source => (
            <li key={source.record_id}>
              <span>
                {source.source} <span className={css.dim}>{source.source_key}</span>
              </span>
              <span dir="auto">{show(source.values)}</span>
              <span className={css.dim}>
                {RELATION_NAMES[source.relation]}, {day(source.changed_at)}
              </span>
              {can('identity.review') && group.sources.length > 1 && source.relation !== 'nothing' && (
                <Pin
                  isPinned={group.pin?.record_id === source.record_id && !group.pin.expired}
                  isBusy={pin.isPending}
                  onChange={pinned => pin.mutate(pinned ? source.record_id : null)}
                />
              )}
            </li>
          ))}
        </ul>
        {group.record_id !== null && <LineageOf customerId={customerId} group={group.field_group} />}
      </div>
    </details>
  )
}

function Pin({ isPinned, isBusy, onChange }: { isPinned: boolean; isBusy: boolean; onChange: (on: boolean) => void }) {
  return (
    <Button variant="subtle" size="compact-sm" disabled={isBusy} onClick={() => onChange(!isPinned)}>
      {isPinned ? 'Unpin' : 'Always use'}
    </Button>
  )
}

function usePin(customer_id: string, field_group: GoldenGroup['field_group']) {
  const queryClient = useQueryClient()
  const params = { path: { customer_id, field_group } }
  return useMutation({
    mutationFn: (record_id: number | null) =>
      record_id === null
        ? read(api.DELETE('/api/customers/{customer_id}/golden-record/{field_group}/pin', { params }))
        : read(
            api.PUT('/api/customers/{customer_id}/golden-record/{field_group}/pin', { params, body: { record_id } }),
          ),
    onSuccess: done =>
      showToast(done.record_id === null ? 'The rules choose this value again' : 'This value is shown from now on', {
        tone: 'good',
      }),
    onError: showError,
    onSettled: () => void queryClient.invalidateQueries({ queryKey: ['customer', customer_id] }),
  })
}

/** The values of a group in their standard forms; as the source writes them where they have none. */
function standardValues(group: GoldenGroup): GoldenGroup['values'] {
  return Object.fromEntries(
    Object.entries(group.values).map(([name, value]) => [name, group.standard[name]?.standard ?? value]),
  )
}

function problems(group: GoldenGroup): string[] {
  return Object.values(group.standard).flatMap(each => each.problem ?? [])
}

function show(values: GoldenGroup['values']): string {
  const parts = Object.entries(values).flatMap(([name, value]) =>
    value === null ? [] : [name === 'country' ? country(value) : name === 'signup_date' ? day(value) : value],
  )
  return parts.join(', ') || NO_VALUE
}

/** How complete what is known is, and which source could give what is missing. */
export function Completeness({ data }: { data: Customer }) {
  const query = useQuery(customerQueries.completeness(data.customer_id))
  return (
    <Card title="Completeness">
      <QueryState query={query} loading={<Loading rows={2} height={20} />}>
        {known => (
          <>
            <p className={css.complete}>
              <strong>{percent(known.completeness)}</strong>
              <progress value={known.completeness} max={1} aria-label="Completeness" />
            </p>
            {known.missing.length > 0 && (
              <ul className={css.missing}>
                {known.missing.map(each => (
                  <li key={each.field_group}>
                    {FIELD_NAMES[each.field_group]} is missing
                    {each.sources.length > 0 && `; ${each.sources.join(' or ')} usually has it`}
                  </li>
                ))}
              </ul>
            )}
          </>
        )}
      </QueryState>
    </Card>
  )
}
