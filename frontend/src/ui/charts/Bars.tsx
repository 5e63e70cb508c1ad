import { lazyComponent } from '@/ui/lazyComponent'
import type { BarsProps } from './drawn/Bars'

const Drawn = lazyComponent(() => import('./drawn/Bars'))

/** Bars, upright or lying; the drawing library is fetched when the first chart is shown. */
export function Bars<Row extends object>(props: BarsProps<Row>) {
  return <Drawn {...(props as unknown as BarsProps<object>)} />
}
Bars.preload = Drawn.preload
