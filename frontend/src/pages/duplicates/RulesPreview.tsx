import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ChangedValue, identityQueries, type NewRule, useSurvivorship } from '@/features/identity/identity'
import { FIELD_NAMES } from '@/features/identity/names'
import { ConfirmDialog } from '@/ui/ConfirmDialog'
import { DataTable } from '@/ui/DataTable'
import { country, day, plural } from '@/ui/format'
import { Loading, QueryState } from '@/ui/states'
import css from './Duplicates.module.css'

interface Props {
  rules: NewRule[]
  /** The same rules as they are now: an undo applies them again. */
  before: NewRule[]
  onClose: () => void
}

/** How many customers would show another value under other rules, with examples; applies the rules when confirmed. */
export default function RulesPreview({ rules, before, onClose }: Props) {
  const query = useQuery(identityQueries.rulesPreview(rules))
  const apply = useSurvivorship()
  return (
    <ConfirmDialog
      title="Apply these rules?"
      action="Apply"
      size="lg"
      isDisabled={!query.data}
      isBusy={apply.isPending}
      error={apply.error}
      onConfirm={() => apply.mutate({ rules, before }, { onSuccess: onClose })}
      onClose={onClose}
    >
      <QueryState query={query} loading={<Loading rows={4} height={28} />}>
        {preview => (
          <div className={css.preview}>
            <p role="status">
              <strong>{preview.sentence}</strong>
            </p>
            {preview.customers > 0 && (
              <ul className={css.groups}>
                {rules.map(({ field_group }) => (
                  <li key={field_group}>
                    {FIELD_NAMES[field_group]}: {plural(preview.by_group[field_group] ?? 0, 'customer')}
                  </li>
                ))}
              </ul>
            )}
            {preview.examples.length > 0 && <Examples examples={preview.examples} />}
            <p className={css.dim}>Pinned values stay as they are. You can undo the change.</p>
          </div>
        )}
      </QueryState>
    </ConfirmDialog>
  )
}

function Examples({ examples }: { examples: ChangedValue[] }) {
  return (
    <DataTable
      caption="Examples"
      rows={examples}
      rowKey={row => `${row.customer_id} ${row.field_group}`}
      columns={[
        {
          name: 'customer_id',
          label: 'Customer',
          show: row => (
            <Link to="/customers/$id" params={{ id: row.customer_id }} search={{ tab: 'sources' }} target="_blank">
              {row.customer_id}
            </Link>
          ),
        },
        { name: 'field_group', label: 'Value', show: row => FIELD_NAMES[row.field_group] },
        {
          name: 'value_before',
          label: 'Shown now',
          wrap: true,
          show: row => show(row.field_group, row.value_before, row.source_before),
        },
        {
          name: 'value_after',
          label: 'With these rules',
          wrap: true,
          show: row => show(row.field_group, row.value_after, row.source_after),
        },
      ]}
    />
  )
}

/** A value with its source; one that is sealed, or hidden from the user, as dots. */
function show(group: ChangedValue['field_group'], value: string | null, source: string) {
  const shown =
    value === null ? '•••' : group === 'country' ? country(value) : group === 'signup_date' ? day(value) : value
  return (
    <>
      <span dir="auto">{shown}</span> <span className={css.dim}>{source}</span>
    </>
  )
}
