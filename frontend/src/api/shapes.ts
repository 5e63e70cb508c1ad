/** The shapes of the API's answers that pages pass around. Money is a plain number; its currency is in `meta`. */

export interface Meta {
  run_id: number | null
  as_of: string | null
  currency?: string | null
}

/** What the problem of a failed request says (RFC 9457, plus the field and what to do about it). */
export interface ProblemBody {
  type: string
  title: string
  status: number
  detail: string
  error: string
  parameter?: string | null
  remedy?: string | null
  request_id?: string
}

export interface Page<Row> {
  data: Row[]
  total: number
  page?: number
  next_cursor?: string | null
  meta: Meta
}

export interface Answer<Data> {
  data: Data
  meta: Meta
}

export interface User {
  user_id: number
  name: string
  email: string
  roles: string[]
  permissions: string[]
  scope: 'own' | 'team' | 'all'
  team: string | null
  preferences: { theme?: 'light' | 'dark' | 'auto'; locale?: string; home?: string }
  second_factor: boolean
}

export interface SignedIn {
  access_token: string
  token_type: string
  expires_in: number
  user: User
}

export type SignInAnswer = SignedIn | { second_factor: ('totp' | 'passkey' | 'recovery_code')[]; ticket: string }

export interface Status {
  run: { run_id: number; as_of: string; published_at: string } | null
  data_to: string | null
  models: { task: string; level: 'learner' | 'law' | 'off'; as_of: string | null }[]
  currency: string | null
  meta: Meta
}

export interface Reason {
  rank: number
  theme: string
  direction: string
  points: number
  sentence: string
}

export type ChurnState = 'likely to stay' | 'unsure' | 'at risk'

/** One customer of a list; `reasons` are the sentences, strongest first. */
export interface CustomerRow {
  customer_id: string
  name: string | null
  country: string | null
  segment: string
  rfm_score: number
  r: number
  f: number
  m: number
  recency_days: number
  frequency: number
  monetary: number
  last_purchase_day: string
  probability: number | null
  expected_value: number | null
  expected_order_value: number | null
  churn_state: ChurnState | null
  churn_90: number | null
  churn_180: number | null
  value_12m: number | null
  value_low: number | null
  value_high: number | null
  value_band: string | null
  reasons: string[]
  owner: Owner | null
  /** Set by the live stream only: who has just called this customer. */
  handled_by?: string
}

export interface Owner {
  user_id: number
  name: string
}

export interface Customer {
  customer_id: string
  name: string | null
  country: string | null
  signup_date: string | null
  /** null when there is no counted order. */
  scores: CustomerRow | null
  reasons: Reason[]
  contact: Contact
  owner: Owner | null
  records: { source: string; source_key: string }[]
  meta: Meta
}

export interface Contact {
  email: string | null
  phone: string | null
  address: string | null
  city: string | null
  region?: string | null
  postcode: string | null
}

export interface Axis {
  value: number
  formula: string
  lowest: number
  highest: number
  score: number
}

export interface CountedOrder {
  order_id: number
  order_key: string
  day: string
  lines: number
  net_amount: number
  is_counted: boolean
}

export interface CutPoint {
  axis: 'recency_days' | 'frequency' | 'monetary'
  score: number
  lowest: number
  highest: number
  customers: number
}

export interface Calculation {
  customer_id: string
  recency: Axis
  frequency: Axis
  monetary: Axis
  segment: string
  cut_points: CutPoint[]
  orders: CountedOrder[]
  meta: Meta
}

export interface Order extends CountedOrder {
  items: {
    line_no: number
    sku: string
    product: string | null
    category: string
    quantity: number
    amount: number
    counts_as: string
  }[]
}

export interface HistoryScore {
  run_id: number
  as_of: string
  segment: string | null
  rfm_score: number | null
  recency_days: number | null
  frequency: number | null
  monetary: number | null
  probability: number | null
  churn_90: number | null
  value_12m: number | null
  /** Whether an order came within the 30 days; null while they are not over. */
  came: boolean | null
}

export interface BoughtProduct {
  sku: string
  product: string | null
  category: string
  orders: number
  quantity: number
  amount: number
  last_day: string
}

export type Outcome = 'reached' | 'no_answer' | 'not_interested' | 'will_order'

export interface Call {
  call_id: number
  customer_id: string
  outcome: Outcome
  note: string | null
  called_at: string
  called_by: string
  snooze_until: string | null
}

export interface CallList extends Page<CustomerRow> {
  summary: { calls: number; expected_value: number; already_called: number }
}

export interface Kpi {
  name: string
  label: string
  value: number | null
  unit: 'money' | 'count' | 'share' | 'days'
  previous?: number | null
  sentence?: string | null
}

export interface SavedView {
  view_id: number
  name: string
  page: string
  search: Record<string, string | number>
  shared: boolean
}

export interface SegmentRow {
  segment: string
  customers: number
  revenue: number
  share: number
  median_recency_days: number
  advice: string
}

export interface GridCell {
  r: number
  f: number
  customers: number
  revenue: number
}

export interface Movement {
  from: string | null
  to: string
  customers: number
  revenue: number
}

export interface Rule {
  name: string
  r: [number, number]
  f: [number, number]
  m: [number, number]
  advice: string
}

export type Distributed = 'recency' | 'frequency' | 'monetary' | 'probability'

export interface Distribution {
  bins: { low: number; high: number; customers: number }[]
  cut_points: number[]
  n: number
  median: number | null
  meta: Meta
}

export type Task = 'purchase' | 'churn' | 'churn_180' | 'lifetime_value' | 'revenue_forecast'

export interface Model {
  model_id: number
  task: Task
  kind: string
  as_of: string
  state: 'served' | 'refused' | 'withdrawn'
  reason: string
  trained_at: string
  serving: boolean
}

export interface BacktestRow {
  model: string
  population: string
  measure: string
  value: number | null
  low: number | null
  high: number | null
  customers: number
}

export interface Confusion {
  true_positive: number
  false_positive: number
  true_negative: number
  false_negative: number
}

export interface CalibrationRow {
  group: number
  said: number
  happened: number
  customers: number
}

export interface LiftRow {
  decile: number
  lift: number
  happened: number
  captured: number
}

export interface ThresholdRow {
  threshold: number
  calls: number
  sales: number
  precision: number
  recall: number
  f1: number
}

export interface Target {
  task: Task
  population: string
  measure: string
  goal: number
  value: number
  trivial: number
  verdict: 'met' | 'not met' | 'not reachable'
  sentence: string
}

export interface Receipt {
  run_id: number
  as_of: string
  task: Task
  grouping: 'all' | 'decile' | 'segment'
  name: string
  customers: number
  said: number
  happened: number
}

export interface ForecastRow {
  grain: 'week' | 'month' | 'quarter'
  starts: string
  ends: string
  target: 'revenue' | 'orders'
  known: number
  expected: number
  low: number | null
  high: number | null
  method: string
  note: string
}

export type SalesBy = 'month' | 'week' | 'segment' | 'category' | 'country'

export interface SalesRow {
  name: string
  revenue: number
  orders: number
  customers: number
}

export interface LineClass {
  class: string
  lines: number
  amount: number
}

/** How a figure was made: the passport's first page. */
export interface HowMade {
  sql: string
  parameters: Record<string, unknown>
  engine: string
  run_id: number | null
  as_of: string | null
}

export type CellValue = string | number | boolean | null

export interface ImportJob {
  import_id: number
  file_name: string
  state: 'inspecting' | 'inspected' | 'committing' | 'loaded' | 'failed' | 'discarded'
  progress: number | null
  source: string
  created_at: string
  findings: { level: 'info' | 'warning' | 'error'; sentence: string }[]
  mapping: Record<string, string>
  columns: string[]
  preview: Record<string, CellValue>[]
  rejects: { line: number; column: string; value: string; reason: string }[]
  counts: { read: number; loaded: number; unchanged: number; rejected: number } | null
  batch_id: number | null
  error: string | null
}

export interface Batch {
  batch_id: number
  source: string
  file_name: string
  state: 'loaded' | 'undone'
  lines_read: number
  lines_loaded: number
  lines_unchanged: number
  lines_rejected: number
  loaded_at: string
  undone_at: string | null
}

export interface Run {
  run_id: number
  as_of: string
  state: 'building' | 'published' | 'superseded' | 'withdrawn' | 'failed' | 'thinned'
  customers_scored: number | null
  error: string | null
  started_at: string
  published_at: string | null
  timings: Record<string, number>
}

export interface Account {
  user_id: number
  name: string
  email: string
  roles: string[]
  team: { team_id: number; name: string } | null
  disabled: boolean
  second_factor: boolean
  last_seen_at: string | null
}

export interface Role {
  name: string
  scope: 'own' | 'team' | 'all'
  permissions: string[]
}

export interface AuditEntry {
  entry_id: number
  at: string
  actor: string | null
  action: string
  object: string | null
  detail: Record<string, CellValue>
}

export interface Session {
  session_id: string
  created_at: string
  last_seen_at: string
  device: string
  current: boolean
}

export interface Passkey {
  passkey_id: string
  name: string
  created_at: string
}

export interface ApiKey {
  key_id: number
  name: string
  prefix: string
  scopes: string[]
  expires_at: string | null
  last_used_at: string | null
}
