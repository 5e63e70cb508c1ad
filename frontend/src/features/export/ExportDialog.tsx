import { Button, Checkbox, SegmentedControl } from '@mantine/core'
import { Dialog } from '@/ui/Dialog'
import '@/ui/theme/inputs'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { fetchAuthorized, Problem } from '@/api/client'
import type { Search } from '@/api/queries'
import { usePermissions } from '@/api/useSession'
import { saveFile } from '@/ui/csv'
import { plural } from '@/ui/format'
import { showToast } from '@/ui/toasts'
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
  'churn_state',
  'churn_90',
  'value_12m',
  'value_band',
  'country',
  'owner',
]
const CONTACTS = ['email', 'phone', 'address', 'city']

interface Props {
  filters: Search
  total: number
  selected: string[]
  onClose: () => void
}

/** Exports the list as a file: all rows, their number shown first, never truncated. */
export default function ExportDialog({ filters, total, selected, onClose }: Props) {
  const can = usePermissions()
  const [format, setFormat] = useState('csv')
  const [which, setWhich] = useState(selected.length ? 'selected' : 'all')
  const [contacts, setContacts] = useState(false)
  const [technical, setTechnical] = useState(false)
  const rows = which === 'selected' ? selected.length : total
  const columns = contacts ? [...COLUMNS, ...CONTACTS] : COLUMNS
  const exportFile = useMutation({
    mutationFn: async () => {
      const body = {
        ...filters,
        format,
        contacts,
        columns,
        headers: technical ? 'names' : 'labels',
        ...(which === 'selected' ? { customer_ids: selected } : {}),
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
        {selected.length > 0 && (
          <SegmentedControl
            fullWidth
            value={which}
            onChange={setWhich}
            data={[
              { value: 'selected', label: `Selected (${plural(selected.length, 'row')})` },
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
        <p className={css.error} role="alert">
          {exportFile.error?.message}
        </p>
        <Button loading={exportFile.isPending} onClick={() => exportFile.mutate()}>
          Download
        </Button>
      </div>
    </Dialog>
  )
}

/** Posts a request and saves the response as a file. Raises Problem. */
async function download(address: string, body: unknown, fallbackName: string) {
  const response = await fetchAuthorized(
    new Request(new URL(address, location.origin), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    }),
  )
  if (!response.ok) throw new Problem(response.status, await response.json().catch(() => ({})))
  const name = /filename="?([^";]+)/.exec(response.headers.get('Content-Disposition') ?? '')?.[1] ?? fallbackName
  saveFile(await response.blob(), name)
}
