import { useElementSize } from '@mantine/hooks'
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { CustomerRow } from '@/api/shapes'
import { usePermissions, useUser } from '@/api/useSession'
import { focusedRow, moveFocus, useShortcuts } from '@/ui/shortcuts'
import css from './Customers.module.css'
import { layout } from './columns'
import { Head } from './Head'
import type { Sort } from './search'

export interface ListProps {
  rows: CustomerRow[]
  total: number
  currency: string | null | undefined
  sort: Sort
  open: string | undefined
  /** Undefined where only the server knows. */
  isSelected: (customer: string) => boolean | undefined
  isStale: boolean
  hasMore: boolean
  onMore: () => void
  onSort: (sort: Sort) => void
  onOpen: (customer: string) => void
  onPrepare: (customer: string) => void
  onSelect: (customers: string[], selected: boolean) => void
}

const ROW_PX = 44
const CARD_PX = 84
const CARDS_BELOW = 560
const FETCH_AHEAD = 40

/**
 * The list itself: a table by its roles, because a real one cannot hold rows that exist only while they are on screen.
 * The next rows are fetched before they are scrolled to.
 */
export function List(props: ListProps) {
  const { rows, total, isSelected, hasMore, onMore, onSelect } = props
  const can = usePermissions()
  const { preferences } = useUser()
  const { ref: frame, width } = useElementSize<HTMLDivElement>()
  const body = useRef<HTMLDivElement>(null)
  const [first, setFirst] = useState(0)
  useLayoutEffect(() => setFirst(body.current?.clientWidth ?? 0), [])
  const tableWidth = width || first
  const isCards = tableWidth > 0 && tableWidth < CARDS_BELOW
  const { columns, template } = layout(
    tableWidth || 1024,
    isCards
      ? {}
      : {
          sort: props.sort,
          first: can('customers.assign') ? 'owner' : undefined,
          chosen: preferences.columns ?? undefined,
        },
  )
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => (isCards ? CARD_PX : ROW_PX),
    overscan: 12,
    scrollMargin: body.current?.offsetTop ?? 0,
    getItemKey: place => rows[place]?.customer_id ?? place,
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: the virtualizer is the same object all along
  useEffect(() => virtual.measure(), [isCards])

  const shown = virtual.getVirtualItems()
  const last = shown.at(-1)?.index ?? 0
  useEffect(() => {
    if (hasMore && last > rows.length - FETCH_AHEAD) onMore()
  }, [hasMore, last, rows.length, onMore])

  const toggle = (customer: string) => onSelect([customer], !isSelected(customer))

  useShortcuts({
    j: () => moveFocus(body.current, 1),
    k: () => moveFocus(body.current, -1),
    x: () => {
      const customer = focusedRow(body.current)
      if (customer) toggle(customer)
    },
  })

  return (
    <div
      ref={frame}
      className={css.frame}
      role="table"
      aria-label="Customers"
      aria-rowcount={total + 1}
      data-stale={props.isStale || undefined}
      data-cards={isCards || undefined}
    >
      {!isCards && <Head {...props} columns={columns} template={template} />}
      <div ref={body} role="rowgroup" className={css.body} style={{ height: virtual.getTotalSize() }}>
        {shown.map(item => {
          const row = rows[item.index]
          if (!row) return null
          const move = `translateY(${item.start - virtual.options.scrollMargin}px)`
          const isChosen = isSelected(row.customer_id)
          return (
            <div
              key={item.key}
              role="row"
              aria-rowindex={item.index + 2}
              className={css.row}
              data-row={row.customer_id}
              data-open={props.open === row.customer_id || undefined}
              data-selected={isChosen || undefined}
              style={{
                transform: move,
                gridTemplateColumns: isCards ? undefined : template,
                height: isCards ? CARD_PX : ROW_PX,
              }}
            >
              <span role="cell" className={css.checkbox}>
                <input
                  type="checkbox"
                  checked={isChosen ?? false}
                  disabled={isChosen === undefined}
                  onChange={() => toggle(row.customer_id)}
                  aria-label={`Select ${row.name ?? row.customer_id}`}
                />
              </span>
              <span role="cell" className={css.nameCell}>
                <button
                  type="button"
                  className={css.name}
                  dir="auto"
                  data-focus
                  onClick={() => props.onOpen(row.customer_id)}
                  onPointerEnter={() => props.onPrepare(row.customer_id)}
                  onFocus={() => props.onPrepare(row.customer_id)}
                >
                  {row.name ?? row.customer_id}
                </button>
              </span>
              {columns.map(column => (
                <span
                  key={column.name}
                  role="cell"
                  className={css.cell}
                  data-name={column.name}
                  data-numeric={column.numeric || undefined}
                >
                  {column.show(row, props.currency)}
                </span>
              ))}
            </div>
          )
        })}
      </div>
    </div>
  )
}
