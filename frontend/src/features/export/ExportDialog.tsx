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
  'expected_value',
  'expected_order_value',
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
  question: Search
  total: number
  chosen: string[]
  onClose: () => void
}

/** The list as a file: every row, said before it is made; never cut. */
export default function ExportDialog({ question, total, chosen, onClose }: Props) {
  const can = usePermissions()
  const [format, setFormat] = useState('csv')
  const [which, setWhich] = useState(chosen.length ? 'chosen' : 'all')
  const [contacts, setContacts] = useState(false)
  const rows = which === 'chosen' ? chosen.length : total
  const columns = contacts ? [...COLUMNS, ...CONTACTS] : COLUMNS
  const make = useMutation({
    mutationFn: async () => {
      const body = { ...question, format, contacts, columns, ...(which === 'chosen' ? { customer_ids: chosen } : {}) }
      await download('/api/export/customers', body, `customers.${format}`)
    },
    onSuccess: () => {
      showToast(`${plural(rows, 'customer')} exported`, { tone: 'good' })
      onClose()
    },
  })
  return (
    <Dialog onClose={onClose} title="Export">
      <div className={css.export}>
        {chosen.length > 0 && (
          <SegmentedControl
            fullWidth
            value={which}
            onChange={setWhich}
            data={[
              { value: 'chosen', label: `Selected (${plural(chosen.length, 'row')})` },
              { value: 'all', label: `The whole list (${plural(total, 'row')})` },
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
            label="With e-mail, phone and address"
            description="Needs your second factor, and is noted in the audit."
          />
        )}
        <p className={css.says}>
          <strong>
            {plural(rows, 'row')}, {plural(columns.length, 'column')}
          </strong>
          , in the order of the list: raw numbers, ISO dates.
        </p>
        <p className={css.error} role="alert">
          {make.error?.message}
        </p>
        <Button loading={make.isPending} onClick={() => make.mutate()}>
          Download
        </Button>
      </div>
    </Dialog>
  )
}

/** Posts and saves what comes back as a file. Raises Problem. */
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
