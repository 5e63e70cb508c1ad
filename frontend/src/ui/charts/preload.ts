import { Bars } from './Bars'
import { Lines } from './Lines'

/** Fetches the drawing library ahead of the first chart; pages with charts call it while their data is on its way. */
export function preloadCharts() {
  void Bars.preload()
  void Lines.preload()
}
