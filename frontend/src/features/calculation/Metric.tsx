import { Skeleton } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { lazyComponent } from '@/ui/lazyComponent'
import css from './Metric.module.css'

const CalculationDialog = lazyComponent(() => import('./CalculationDialog'))

interface Props {
  label: string
  value: ReactNode | undefined
  note?: ReactNode
  /** The address the figure comes from; with it, the figure opens its passport. */
  address?: string
}

/** A number with its name, for the strip at the head of a page. */
export function Metric({ label, value, note, address }: Props) {
  const shown = value === undefined ? <Skeleton height={28} width={88} radius="sm" /> : value
  return (
    <div className={css.figure}>
      <dt className={css.label}>{label}</dt>
      <dd className={css.value} aria-busy={value === undefined || undefined}>
        {address && value !== undefined ? (
          <OpensCalculation label={label} address={address}>
            {shown}
          </OpensCalculation>
        ) : (
          shown
        )}
      </dd>
      <dd className={css.note}>{note}</dd>
    </div>
  )
}

/** Any number that can be asked: one click shows the SQL, the parameters and the rows that made it. */
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
      <button type="button" className={css.open} onClick={() => setOpen(true)} title="Where does this come from?">
        {children}
        <span className="only-read">, where does it come from?</span>
      </button>
      {open && <CalculationDialog label={label} address={address} onClose={() => setOpen(false)} />}
    </>
  )
}

/** The same for a whole chart or table: a quiet link in its corner. */
export function CalculationLink({ label, address }: { label: string; address: string }) {
  return (
    <span className={css.whereFrom}>
      <OpensCalculation label={label} address={address}>
        Where from?
      </OpensCalculation>
    </span>
  )
}

/** Figures side by side: four, two on a phone. */
export function MetricRow({ children }: { children: ReactNode }) {
  return <dl className={css.figures}>{children}</dl>
}
