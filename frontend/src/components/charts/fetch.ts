/** Fetches the drawing library ahead of the first chart; pages with charts call it while their data is on its way. */
export function fetchCharts() {
  void import('./drawn/Bars')
  void import('./drawn/Lines')
}
