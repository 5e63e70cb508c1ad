import { Skeleton } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { lazyComponent } from '@/ui/lazyComponent'
import css from './Metric.module.css'

const CalculationDialog = lazyComponent(() => import('./CalculationDialog'))

interface Props {
  label: string
  value: ReactNode | undefined
  note?: ReactNode
  /** The API address of the number; with it, a click opens its calculation. */
  address?: string
}

/** A number with its label, for the row at the top of a page. */
export function Metric({ label, value, note, address }: Props) {
  const shown = value === undefined ? <Skeleton height={28} width={88} radius="sm" /> : value
  return (
    <div className={css.metric}>
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
