import { usePermissions } from '@/api/useSession'
import css from './Customers.module.css'
import { directionOf, isSortedBy, type ListColumn, NAME } from './columns'
import type { ListProps } from './List'
import { reverse, type Sort } from './search'

interface Props extends Pick<ListProps, 'rows' | 'sort' | 'isSelected' | 'onSort' | 'onSelect'> {
  columns: ListColumn[]
  template: string
}

/** The head of the list: a click sorts by a column, a second one the other way round. */
export function Head({ rows, sort, isSelected, columns, template, onSort, onSelect }: Props) {
  const can = usePermissions()
  const isAll = rows.length > 0 && rows.every(row => isSelected(row.customer_id))
  return (
    <div role="rowgroup" className={css.head}>
      <div role="row" className={css.headRow} style={{ gridTemplateColumns: template }}>
        <span role="columnheader" className={css.checkbox}>
          <input
            type="checkbox"
            checked={isAll}
            aria-label="Select all loaded rows"
            onChange={() =>
              onSelect(
                rows.map(row => row.customer_id),
                !isAll,
              )
            }
          />
        </span>
        {can('customers.names') ? (
          <SortedHead column={NAME} sort={sort} onSort={onSort} />
        ) : (
          <span role="columnheader" title="Your role does not show customers’ names">
            Customer
          </span>
        )}
        {columns.map(column => (
          <SortedHead key={column.name} column={column} sort={sort} onSort={onSort} />
        ))}
      </div>
    </div>
  )
}

interface SortedProps {
  column: Pick<ListColumn, 'name' | 'label' | 'sort' | 'numeric'>
  sort: Sort
  onSort: (sort: Sort) => void
}

function SortedHead({ column, sort, onSort }: SortedProps) {
  const direction = directionOf(column, sort)
  return (
    <span role="columnheader" data-numeric={column.numeric || undefined} aria-sort={direction}>
      <button
        type="button"
        className={css.sort}
        onClick={() => onSort(isSortedBy(column, sort) ? reverse(sort) : column.sort)}
      >
        {direction && (
          <span aria-hidden className={css.arrow}>
            {direction === 'ascending' ? '↑' : '↓'}
          </span>
        )}
        {column.label}
      </button>
    </span>
  )
}
