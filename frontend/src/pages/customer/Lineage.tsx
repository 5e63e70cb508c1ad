import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { dateTime, day, plural } from '@/ui/format'
import { Loading, QueryState } from '@/ui/states'
import css from './Customer.module.css'
import { customerQueries, type GoldenGroup, type ValueLineage } from './customerQueries'

const FIELD_LABELS: Record<ValueLineage['field'], string> = {
  name: 'Name',
  email: 'E-mail',
  phone: 'Phone',
  address: 'Street',
  city: 'City',
  region: 'Region',
  postcode: 'Postcode',
  country: 'Country',
  signup_date: 'Signed up',
}
const IN_ADDRESS: ValueLineage['field'][] = ['address', 'city', 'region', 'postcode']

/** Where the values of a group are from; read when it is asked for. */
export function LineageOf({ customerId, group }: { customerId: string; group: GoldenGroup['field_group'] }) {
  const [isOpen, setOpen] = useState(false)
  const query = useQuery({ ...customerQueries.lineage(customerId), enabled: isOpen })
  if (!isOpen)
    return (
      <Button variant="subtle" size="compact-sm" onClick={() => setOpen(true)}>
        Where does this come from?
      </Button>
    )
  return (
    <QueryState query={query} loading={<Loading rows={3} height={20} />}>
      {answer =>
        answer.data
          .filter(each => (group === 'address' ? IN_ADDRESS.includes(each.field) : each.field === group) && each.origin)
          .map(each => <Steps key={each.field} lineage={each} />)
      }
    </QueryState>
  )
}

function Steps({ lineage }: { lineage: ValueLineage }) {
  const { standard, rule, record, origin, earlier } = lineage
  if (!record || !origin) return null
  return (
    <section aria-label={`Where ${FIELD_LABELS[lineage.field]} comes from`} className={css.lineage}>
      <h3>{FIELD_LABELS[lineage.field]}</h3>
      <ol>
        <li>
          <span className={css.dim}>Shown</span>
          <span dir="auto">{standard?.standard ?? standard?.problem ?? lineage.value ?? 'Hidden from your role'}</span>
        </li>
        {rule && (
          <li>
            <span className={css.dim}>Rule</span>
            <span>
              {rule.rule} v{rule.version}: {rule.sentence} {rule.data && `(${rule.data})`}
            </span>
          </li>
        )}
        {standard && standard.raw !== standard.standard && (
          <li>
            <span className={css.dim}>As the source writes it</span>
            <span dir="auto">{standard.raw}</span>
          </li>
        )}
        <li>
          <span className={css.dim}>Source</span>
          <span>
            {origin.call
              ? `${origin.call}, answered ${origin.fetched_at ? dateTime(origin.fetched_at) : ''}`
              : `${origin.file}${origin.line === null ? '' : `, line ${origin.line}`}`}
            , record {record.source_key} of {record.source}
          </span>
        </li>
        <li>
          <span className={css.dim}>Batch</span>
          <span>
            {origin.batch_id} of {day(origin.loaded_at)}
            {earlier.length > 0 &&
              `; changed, ${plural(earlier.length, 'earlier batch had', 'earlier batches had')} another`}
          </span>
        </li>
        <li>
          <span className={css.dim}>Chosen because</span>
          <span>{lineage.chosen_by}</span>
        </li>
      </ol>
    </section>
  )
}
