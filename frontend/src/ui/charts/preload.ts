import { Lines } from './Lines'

/** Fetches the drawing library ahead of the first chart with lines; such pages call it while their data is on its way. */
export function preloadCharts() {
  void Lines.preload()
}
