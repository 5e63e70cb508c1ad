import { Skeleton } from '@mantine/core'
import { IconHelpCircle } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import { CustomersLink, type CustomersSearch } from '@/ui/CustomersLink'
import { lazyComponent } from '@/ui/lazyComponent'
import css from './Metric.module.css'

const CalculationDialog = lazyComponent(() => import('./CalculationDialog'))

interface Props {
  label: string
  value: ReactNode | undefined
  note?: ReactNode
  /** The API address of the number, for its calculation. */
  address?: string
  /** The customers the number stands for: a click on it opens their list. */
  customers?: CustomersSearch
}

/** A number with its label, for the row at the top of a page. */
export function Metric({ label, value, note, address, customers }: Props) {
  const shown = value === undefined ? <Skeleton height={28} width={88} radius="sm" /> : value
  return (
    <div className={css.metric}>
      <dt className={css.label}>
        {label}
        {address && value !== undefined && (
          <span className="no-print">
            <OpensCalculation label={label} address={address}>
              <IconHelpCircle size={14} aria-hidden className={css.help} />
            </OpensCalculation>
          </span>
        )}
      </dt>
      <dd className={css.value} aria-busy={value === undefined || undefined}>
        {customers && value !== undefined ? (
          <CustomersLink search={customers}>
            {shown}
            <span className="only-read">, show these customers</span>
          </CustomersLink>
        ) : (
          shown
        )}
      </dd>
      <dd className={css.note}>{note}</dd>
    </div>
  )
}

/** A number that opens its calculation: the SQL, its parameters and the source rows. */
export function OpensCalculation({
  label,
  address,
  children,
}: {
  label: string
  address: string
  children: ReactNode
}) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <button type="button" className={css.button} onClick={() => setOpen(true)} title="How is this calculated?">
        {children}
        <span className="only-read">, how is this calculated?</span>
      </button>
      {open && <CalculationDialog label={label} address={address} onClose={() => setOpen(false)} />}
    </>
  )
}

/** The same for a whole chart or table: a link in its corner. */
export function CalculationLink({ label, address }: { label: string; address: string }) {
  return (
    <span className={css.link}>
      <OpensCalculation label={label} address={address}>
        How is this calculated?
      </OpensCalculation>
    </span>
  )
}

/** Metrics next to each other: four, two on a phone. */
export function MetricRow({ children }: { children: ReactNode }) {
  return <dl className={css.metrics}>{children}</dl>
}
