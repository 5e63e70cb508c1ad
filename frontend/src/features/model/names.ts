import { humanize } from '@/ui/format'

/** What the kinds of models and baselines are called on a page. */
const MODEL_NAMES: Record<string, string> = {
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

export const modelName = (name: string) => MODEL_NAMES[name] ?? humanize(name)
