import { Button, Checkbox, SegmentedControl } from '@mantine/core'
import { Dialog } from '@/ui/Dialog'
import '@/ui/theme/inputs'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import type { Search } from '@/api/queries'
import type { SelectionBody } from '@/api/shapes'
import { usePermissions, useUser } from '@/api/useSession'
import { ErrorText } from '@/ui/ErrorText'
import { plural } from '@/ui/format'
import { showToast } from '@/ui/toasts'
import { download } from './download'
import css from './ExportDialog.module.css'

const COLUMNS = [
  'customer_id',
  'name',
  'segment',
  'purchase_probability',
  'expected_revenue',
  'expected_order_value',
  'call_reason',
  'why_call',
  'value_at_risk',
  'reasons',
  'rfm_score',
  'r',
  'f',
  'm',
  'last_purchase_day',
  'recency_days',
  'frequency',
  'monetary',
  'revenue_365d',
  'churn_state',
  'churn_90',
  'value_12m',
  'value_band',
  'country',
  'owner',
]
/** Columns that have another name in files than in the list. */
const FILE_NAMES: Record<string, string> = { probability: 'purchase_probability' }
const CONTACTS = ['email', 'phone', 'address', 'city']

interface Props {
  filters: Search
  total: number
  /** The selected customers, as the API takes them, and their number. */
  selected?: { body: SelectionBody; count: number }
  onClose: () => void
}

/** Exports the list as a file: all rows, their number shown first, never truncated. */
export default function ExportDialog({ filters, total, selected, onClose }: Props) {
  const can = usePermissions()
  const [format, setFormat] = useState('csv')
  const [which, setWhich] = useState(selected ? 'selected' : 'all')
  const [contacts, setContacts] = useState(false)
  const own = useUser().preferences.columns ?? []
  const [isOwn, setOwn] = useState(own.length > 0)
  const [technical, setTechnical] = useState(false)
  const rows = which === 'selected' && selected ? selected.count : total
  const wanted = isOwn ? ['customer_id', 'name', ...own.map(name => FILE_NAMES[name] ?? name)] : COLUMNS
  const columns = contacts ? [...wanted, ...CONTACTS] : wanted
  const exportFile = useMutation({
    mutationFn: async () => {
      const body = {
        ...(which === 'selected' && selected ? filtersOf(selected.body, filters) : filters),
        format,
        contacts,
        columns,
        headers: technical ? 'names' : 'labels',
      }
      await download('/api/export/customers', body, `customers.${format}`)
    },
    onSuccess: () => {
      showToast(`${plural(rows, 'customer')} exported`, { tone: 'good' })
      onClose()
    },
  })
  return (
    <Dialog onClose={onClose} title="Export customers">
      <div className={css.export}>
        {selected && (
          <SegmentedControl
            fullWidth
            value={which}
            onChange={setWhich}
            data={[
              { value: 'selected', label: `Selected (${plural(selected.count, 'row')})` },
              { value: 'all', label: `All matching (${plural(total, 'row')})` },
            ]}
          />
        )}
        <SegmentedControl
          fullWidth
          value={format}
          onChange={setFormat}
          data={[
            { value: 'csv', label: 'CSV' },
            { value: 'xlsx', label: 'Excel' },
          ]}
        />
        {own.length > 0 && (
          <Checkbox
            checked={isOwn}
            onChange={event => setOwn(event.currentTarget.checked)}
            label="Only the columns of my list"
          />
        )}
        {can('contacts.export') && (
          <Checkbox
            checked={contacts}
            onChange={event => setContacts(event.currentTarget.checked)}
            label="Include e-mail, phone and address"
            description="Requires your second factor. This is logged."
          />
        )}
        <Checkbox
          checked={technical}
          onChange={event => setTechnical(event.currentTarget.checked)}
          label="Technical column names"
          description="For other programs: customer_id instead of Customer ID"
        />
        <p className={css.summary}>
          <strong>
            {plural(rows, 'row')}, {plural(columns.length, 'column')}
          </strong>
          , in the order of the list.
        </p>
        <ErrorText error={exportFile.error} keepsHeight />
        <Button loading={exportFile.isPending} onClick={() => exportFile.mutate()}>
          Download
        </Button>
      </div>
    </Dialog>
  )
}

/** The filters of an export of a selection, which may reach beyond the list, in the order of the list. */
function filtersOf({ customer_ids, matching, except_ids }: SelectionBody, { sort }: Search) {
  return customer_ids ? { customer_ids, sort } : { ...matching, except_ids, sort }
}
