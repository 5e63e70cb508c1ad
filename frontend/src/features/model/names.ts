import { humanize } from '@/ui/format'

/** What the kinds of models and baselines are called on a page. */
const MODEL_NAMES: Record<string, string> = {
  lightgbm: 'LightGBM',
  bgnbd: 'BG/NBD',
  blend: 'LightGBM + BG/NBD',
  log_rfm: 'Logistic regression on RFM',
  cells: 'Share of customers with as many orders',
  lightgbm_poisson: 'LightGBM (number of orders)',
  last_year: 'As much as last year',
  constant: 'The same for every customer',
  perfect: 'Perfect ranking (upper limit)',
  same_as_last: 'Same amount as last year',
  ours: 'Foresell forecast',
  seasonal_naive: 'Same period last year',
  trading_day_year_on_year: 'Same trading days last year',
  bgnbd_gamma_gamma: 'BG/NBD + Gamma-Gamma',
}

export const modelName = (name: string) => MODEL_NAMES[name] ?? humanize(name)
