import { lazy, Suspense } from 'react'
import type { BarsProps } from './drawn/Bars'

const Drawn = lazy(() => import('./drawn/Bars'))

/** Bars, upright or lying; the drawing library is fetched when the first chart is shown. */
export function Bars<Row extends object>(props: BarsProps<Row>) {
  return (
    <Suspense>
      <Drawn {...(props as unknown as BarsProps<object>)} />
    </Suspense>
  )
}
