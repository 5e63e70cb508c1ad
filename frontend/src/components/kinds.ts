/** What the kinds of models and baselines are called on a page. */
const KINDS: Record<string, string> = {
  lightgbm: 'LightGBM',
  bgnbd: 'BG/NBD',
  blend: 'LightGBM and BG/NBD together',
  log_rfm: 'Logistic on R, F, M',
  perfect: 'A perfect list',
  same_as_last: 'As much as last time',
  ours: 'This forecast',
  seasonal_naive: 'The same period last year',
  trading_day_year_on_year: "Last year's trading days",
  bgnbd_gamma_gamma: 'BG/NBD with Gamma-Gamma',
}

/** A name of the API's as words, where nothing better is known. */
export function plainName(name: string): string {
  const words = name.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

export const kindName = (name: string) => KINDS[name] ?? plainName(name)
