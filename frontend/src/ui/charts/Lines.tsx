import { lazyComponent } from '@/ui/lazyComponent'
import type { LinesProps } from './drawn/Lines'

const Drawn = lazyComponent(() => import('./drawn/Lines'))

/** Lines, with a band where there is one; the drawing library is fetched when the first chart scrolls into view, or the page is idle. */
export function Lines<Row extends object>(props: LinesProps<Row>) {
  return <Drawn {...(props as unknown as LinesProps<object>)} />
}
