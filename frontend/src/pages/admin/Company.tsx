import { Button, NativeSelect, TextInput } from '@mantine/core'
import '@/ui/theme/inputs'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { api, read } from '@/api/client'
import { queries } from '@/api/queries'
import { session } from '@/api/session'
import type { CompanySettings } from '@/api/shapes'
import { useUser } from '@/api/useSession'
import { monthNames } from '@/ui/format'
import { Card } from '@/ui/Page'
import { Loading, QueryState } from '@/ui/states'
import { showError, showToast } from '@/ui/toasts'
import css from './Admin.module.css'

const NO_CURRENCY = { value: '', label: 'Not set' }

function currencies() {
  const names = new Intl.DisplayNames(['en'], { type: 'currency' })
  return Intl.supportedValuesOf('currency').map(code => ({ value: code, label: `${code} – ${names.of(code)}` }))
}

/** Name, currency and fiscal year of the company. */
export function Company() {
  const query = useQuery(queries.company())
  return (
    <Card title="Company">
      <QueryState query={query} loading={<Loading rows={3} height={56} gap={16} />}>
        {company => <CompanyForm company={company} />}
      </QueryState>
    </Card>
  )
}

function CompanyForm({ company }: { company: CompanySettings }) {
  const user = useUser()
  const queryClient = useQueryClient()
  const [name, setName] = useState(company.name ?? '')
  const [currency, setCurrency] = useState(company.currency ?? company.currency_of_orders ?? '')
  const [month, setMonth] = useState(company.fiscal_year_start)
  const save = useMutation({
    mutationFn: () =>
      read(
        api.PUT('/api/company', {
          body: { name: name.trim() || null, currency: currency || null, fiscal_year_start: month },
        }),
      ),
    onSuccess: saved => {
      session.setUser({ ...user, company: saved.name })
      showToast('Saved', { tone: 'good' })
      return queryClient.invalidateQueries()
    },
    onError: showError,
  })
  const stated = company.currency_of_orders
  return (
    <form
      className={`${css.form} ${css.narrow}`}
      onSubmit={event => {
        event.preventDefault()
        save.mutate()
      }}
    >
      <TextInput
        label="Company name"
        description="Shown at the top of every page"
        autoComplete="organization"
        maxLength={100}
        value={name}
        onChange={event => setName(event.currentTarget.value)}
      />
      <NativeSelect
        label="Currency"
        description={
          stated
            ? `Your orders state ${stated}, so amounts are shown in ${stated}. This setting is for orders that state no currency`
            : 'Your orders state no currency, so amounts are shown in this one. Nothing is converted'
        }
        data={[NO_CURRENCY, ...currencies()]}
        value={currency}
        onChange={event => setCurrency(event.currentTarget.value)}
      />
      <NativeSelect
        label="Fiscal year starts in"
        data={monthNames().map((label, index) => ({ value: String(index + 1), label }))}
        value={String(month)}
        onChange={event => setMonth(Number(event.currentTarget.value))}
      />
      <p className={css.dim}>
        How many calls a sales rep makes in a day is set on <Link to="/">Today</Link>, under List settings.
      </p>
      <Button type="submit" loading={save.isPending}>
        Save
      </Button>
      {!user.setup_open && <Link to="/setup">Show the setup checklist</Link>}
    </form>
  )
}
