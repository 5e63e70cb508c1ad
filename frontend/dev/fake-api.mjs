// A stand-in for the API while pages are drawn: 10,000 customers from a fixed seed, the built pages, every face on request.
// node dev/fake-api.mjs [port]; POST /fake?mode=full|empty|error|slow|unpublished|expired|long|one changes what it answers.
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PORT = Number(process.argv[2] ?? 8000)
const STATIC = fileURLToPath(new URL('../../src/foresell/api/static', import.meta.url))
const AS_OF = '2011-12-10'
const META = { run_id: 12, as_of: AS_OF, currency: 'GBP' }
const DAY = 86_400_000
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'",
  'x-content-type-options': 'nosniff',
}
let mode = 'full'

// ---- people and scores, the same at every start
let seed = 7
const random = () => {
  seed = (seed * 1664525 + 1013904223) % 4294967296
  return seed / 4294967296
}
const pick = list => list[Math.floor(random() * list.length)]
const round = (value, digits = 2) => Math.round(value * 10 ** digits) / 10 ** digits
const dayBefore = days => new Date(Date.parse(AS_OF) - days * DAY).toISOString().slice(0, 10)
const FIRST =
  'Iris Ana Tomas Leila Noor Ines Hugo Maya Oskar Ruth Samir Clara Edgar Wilma Pablo Greta Jonas Amira Felix Nadia'.split(
    ' ',
  )
const LAST =
  'Farias Braga Lindqvist Okafor Whitfield Marsh Delgado Novak Petit Hansen Moreau Castellanos Brandt Achterberg Oduya Price Silva Keane Vogel Rossi'.split(
    ' ',
  )
const COUNTRIES = ['United Kingdom', 'Germany', 'France', 'Ireland', 'Spain', 'Netherlands', 'Sweden']
const CATEGORIES = ['Kitchen', 'Garden', 'Home decoration', 'Stationery', 'Toys and games', 'Lighting', 'Christmas']
const RULES = [
  [
    'Champions',
    [4, 5],
    [4, 5],
    [4, 5],
    'Bought lately, often and for much: thank them, show them new things first, ask for a referral.',
  ],
  [
    'Loyal',
    [3, 5],
    [3, 5],
    [3, 5],
    'Come back regularly: offer them what goes with what they buy, and a reason to order a little more.',
  ],
  [
    'Cannot Lose',
    [1, 2],
    [4, 5],
    [4, 5],
    'Were among the best and have stopped: call in person, ask what went wrong, and mend it.',
  ],
  [
    'At-Risk',
    [1, 2],
    [3, 5],
    [1, 5],
    'Bought often but not lately: call before a competitor does, with an offer on their usual goods.',
  ],
  [
    'New',
    [4, 5],
    [1, 1],
    [1, 5],
    'Bought for the first time not long ago: make the second order easy within the month.',
  ],
  [
    'Potential Loyalist',
    [4, 5],
    [2, 5],
    [1, 5],
    'Recent and coming back: recommend, and invite them to whatever keeps your loyal customers.',
  ],
  ['Needs Attention', [3, 3], [2, 5], [1, 5], 'Average and slipping: a timely offer on what they bought last.'],
  [
    'About to Sleep',
    [3, 3],
    [1, 1],
    [1, 5],
    'One order, a while ago: a reminder with something popular, then let it be.',
  ],
  ['Lapsed Big Spenders', [1, 2], [1, 2], [4, 5], 'Few but large orders, long ago: one personal call is worth it.'],
  ['Hibernating', [2, 2], [1, 2], [1, 3], 'Low and long ago: include them in seasonal mail, spend no call on them.'],
  ['Lost', [1, 1], [1, 2], [1, 3], 'Longest gone and small: do not spend; a last message once a year at most.'],
].map(([name, r, f, m, advice]) => ({ name, r, f, m, advice }))
const inside = (score, [low, high]) => score >= low && score <= high
const segmentOf = (rules, { r, f, m }) =>
  rules.find(rule => inside(r, rule.r) && inside(f, rule.f) && inside(m, rule.m))?.name ?? 'Lost'

const PEOPLE = [
  { user_id: 1, name: 'Marta Quill', email: 'manager@example.com', roles: ['manager'], scope: 'team', team: 'North' },
  { user_id: 2, name: 'Ben Oakes', email: 'rep@example.com', roles: ['rep'], scope: 'own', team: 'North' },
  { user_id: 3, name: 'Ada Lund', email: 'analyst@example.com', roles: ['analyst'], scope: 'all', team: null },
  { user_id: 4, name: 'Kim Ferro', email: 'marketer@example.com', roles: ['marketer'], scope: 'all', team: null },
  { user_id: 5, name: 'Sol Ibarra', email: 'steward@example.com', roles: ['steward'], scope: 'all', team: null },
  { user_id: 6, name: 'Robin Admin', email: 'admin@example.com', roles: ['admin'], scope: 'all', team: null },
]
const REP =
  'customers.read calls.write calls.read segments.read model.read sales.read views.write contacts.reveal customers.export runs.read'.split(
    ' ',
  )
const ROLES = {
  rep: REP,
  manager: [...REP, 'customers.assign', 'contacts.export', 'segments.movement'],
  analyst:
    'customers.read segments.read segments.write segments.movement model.read sales.read views.write customers.export runs.read quality.read'.split(
      ' ',
    ),
  marketer:
    'customers.read segments.read segments.write model.read sales.read views.write customers.export runs.read'.split(
      ' ',
    ),
  steward:
    'customers.read segments.read imports.write imports.undo runs.read runs.write contacts.reveal privacy.erase quality.read views.write'.split(
      ' ',
    ),
}
ROLES.admin = [
  ...new Set([...Object.values(ROLES).flat(), 'users.manage', 'audit.read', 'models.manage', 'keys.manage']),
]

const people = Array.from({ length: 10_000 }, (_, place) => {
  const loyalty = random()
  const recency_days = Math.max(1, Math.round(-Math.log(random()) * (240 - 200 * loyalty)))
  const frequency = Math.max(1, Math.round(-Math.log(random()) * (1 + 14 * loyalty ** 3)))
  const order = 40 + 500 * random() ** 2
  const probability = Math.min(0.97, round((0.08 + 0.8 * loyalty ** 2) * Math.exp(-recency_days / 160), 4))
  const monetary = round(order * frequency)
  const value_12m = round(probability * order * (2 + 6 * loyalty))
  return {
    customer_id: `C${String(place + 1).padStart(6, '0')}`,
    name: `${pick(FIRST)} ${pick(LAST)}`,
    country: random() < 0.7 ? COUNTRIES[0] : pick(COUNTRIES),
    category: pick(CATEGORIES),
    recency_days,
    frequency,
    monetary,
    last_purchase_day: dayBefore(recency_days),
    probability,
    expected_order_value: round(order),
    expected_value: round(probability * order),
    churn_90: round(1 - probability ** 0.4, 4),
    churn_180: round(1 - probability ** 0.3, 4),
    churn_state: probability > 0.4 ? 'likely to stay' : probability > 0.12 ? 'unsure' : 'at risk',
    value_12m,
    value_low: round(value_12m * 0.4),
    value_high: round(value_12m * 1.9),
    owner: random() < 0.6 ? { user_id: 1 + Math.floor(random() * 2), name: '' } : null,
  }
})
for (const [axis, key, sign] of [
  ['r', 'recency_days', -1],
  ['f', 'frequency', 1],
  ['m', 'monetary', 1],
]) {
  const sorted = [...people].sort((a, b) => sign * (a[key] - b[key]))
  let rank = 0
  sorted.forEach((row, place) => {
    if (place && row[key] !== sorted[place - 1][key]) rank = place
    row[axis] = 1 + Math.floor((5 * rank) / sorted.length)
  })
}
;[...people]
  .sort((a, b) => b.value_12m - a.value_12m)
  .forEach((row, place) => {
    row.value_rank = place + 1
    row.value_band = ['top 1 %', 'top 10 %', 'upper', 'middle', 'low'][
      [0.01, 0.1, 0.4, 0.7, 1].findIndex(share => place < share * people.length)
    ]
  })
for (const row of people) {
  row.rfm_score = 100 * row.r + 10 * row.f + row.m
  row.segment = segmentOf(RULES, row)
  row.reasons = [
    `last order ${row.recency_days} days ago, usual gap ${12 + (row.recency_days % 40)}`,
    `${row.frequency} orders in all, ${Math.ceil(row.frequency / 3)} in the last 180 days`,
    `spent ${Math.round(row.monetary).toLocaleString('en-GB')} in all`,
  ]
  if (row.owner) row.owner.name = PEOPLE[row.owner.user_id - 1].name
}
const SORTS = {
  probability: 'probability',
  value: 'expected_value',
  lifetime: 'value_12m',
  risk: 'churn_90',
  recency: 'last_purchase_day',
  frequency: 'frequency',
  monetary: 'monetary',
  score: 'rfm_score',
}

// ---- what changes while it runs
const state = { calls: [], snoozed: new Map(), views: [], imports: [], nextId: 1, rules: RULES }
const streams = new Set()
function tell(type, data) {
  for (const stream of streams) stream.write(`id: ${++state.nextId}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`)
}

class Refused extends Error {
  constructor(status, detail, more = {}) {
    super(detail)
    this.status = status
    this.more = more
  }
}
const findCustomer = id => people.find(row => row.customer_id === id) ?? fail(404, 'Customer not found')
function fail(status, detail, more) {
  throw new Refused(status, detail, more)
}
function chosen(query) {
  const q = (query.get('q') ?? '').toLowerCase()
  const is = name => query.get(name)
  const rows = mode === 'empty' ? [] : mode === 'one' ? people.slice(0, 1) : people
  const found = rows.filter(
    row =>
      (!q || row.name.toLowerCase().includes(q) || row.customer_id.toLowerCase() === q) &&
      (!is('segment') || row.segment === is('segment')) &&
      (!is('category') || row.category === is('category')) &&
      (!is('country') || row.country === is('country')) &&
      (!is('state') || row.churn_state === is('state')) &&
      (!is('from') || row.last_purchase_day >= is('from')) &&
      (!is('to') || row.last_purchase_day <= is('to')) &&
      (!is('min_probability') || row.probability >= Number(is('min_probability'))) &&
      (!is('min_value') || row.expected_value >= Number(is('min_value'))),
  )
  const key = SORTS[query.get('sort') ?? 'probability']
  return found.sort((a, b) => (a[key] < b[key] ? 1 : a[key] > b[key] ? -1 : a.customer_id < b.customer_id ? -1 : 1))
}
const named = row =>
  mode === 'long'
    ? {
        ...row,
        name: `Dr. ${row.name} Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh & Partners International Trading GmbH`,
      }
    : row
function page(rows, query, size = 100) {
  const limit = Number(query.get('limit') ?? size)
  const start = query.get('cursor') ? Number(query.get('cursor')) : (Number(query.get('page') ?? 1) - 1) * limit
  const end = start + limit
  return {
    data: rows.slice(start, end),
    total: rows.length,
    page: Math.floor(start / limit) + 1,
    next_cursor: end < rows.length ? String(end) : null,
    meta: META,
  }
}
const whole = data => ({ data, total: data.length, page: 1, next_cursor: null, meta: META })
function ordersOf(row) {
  const gap = Math.max(3, Math.round((700 - row.recency_days) / row.frequency))
  return Array.from({ length: row.frequency }, (_, place) => {
    const net_amount = round(row.monetary / row.frequency)
    const sold = round(net_amount / 2)
    const line = (line_no, product, amount) => ({
      line_no,
      sku: `${22000 + line_no + place}`,
      product,
      category: row.category,
      quantity: 6,
      amount,
      counts_as: 'counted',
    })
    return {
      order_id: place + 1,
      order_key: String(536000 + place * 37 + row.frequency),
      day: dayBefore(row.recency_days + place * gap),
      lines: 2,
      net_amount,
      is_counted: true,
      items: [line(1, 'Ceramic bowl, blue', sold), line(2, 'Tea towel, set of three', round(net_amount - sold))],
    }
  })
}
function groups(key, rows = people) {
  const found = new Map()
  for (const row of rows) found.set(row[key], [...(found.get(row[key]) ?? []), row])
  return found
}
const sum = (rows, key) => round(rows.reduce((total, row) => total + row[key], 0))
const median = values => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
const signedIn = who => ({
  team_id: null,
  preferences: {},
  password: true,
  second_factor: false,
  factors: [],
  recovery_codes: 0,
  ...who,
  permissions: ROLES[who.roles[0]],
})
const months = Array.from({ length: 24 }, (_, place) =>
  new Date(Date.UTC(2009, 11 + place + 1, 1)).toISOString().slice(0, 10),
)
const wave = place =>
  48_000 + 900 * place + 14_000 * Math.sin((place / 12) * Math.PI * 2 + 2.4) + ((place * 7919) % 5000)

// ---- files on their way in
const newJob = (kind, step, total) => ({
  job_id: ++state.nextId,
  kind,
  attempts: 1,
  result: {},
  state: 'running',
  step,
  done: 0,
  total,
  error: null,
  remedy: null,
  asked_at: new Date().toISOString(),
  started_at: new Date().toISOString(),
  finished_at: null,
})
const FILE = [
  ['InvoiceNo', 'number', ['560001', '560002', '560003'], 'order_key', 0.9],
  ['StockCode', 'number', ['22001', '22002', '85123A'], 'sku', 0.9],
  ['Description', 'text', ['Ceramic bowl, blue', 'Tea towel, set of three', 'WHITE HANGING HEART T-LIGHT HOLDER'], 'product_name', 0.9],
  ['Quantity', 'number', ['6', '12', '-1'], 'quantity', 1],
  ['InvoiceDate', 'date', ['01/12/2011 08:26', '13/12/2011 09:10'], 'ordered_at', 0.9],
  ['UnitPrice', 'number', ['2.55', '3.39'], 'unit_price', 1],
  ['Customer Account Ref', 'number', ['17850', '13047'], 'customer_key', 0.6],
  ['Country', 'text', ['United Kingdom', 'France'], 'country', 1],
  ['Remarks', 'empty', [], null, null],
]
const FIELDS = [
  ['order_key', 'text', 'what names the order; without it an order is customer + date-time'],
  ['customer_key', 'text', 'what names the customer; blank means an anonymous sale'],
  ['ordered_at', 'time', "day or date-time of the sale, in the shop's local time"],
  ['sku', 'text', "what names the product; without it the product's name, else one product called SALE"],
  ['product_name', 'text', 'the product in words'],
  ['category', 'text', "the product's category"],
  ['quantity', 'number', 'pieces; negative for returns; 1 if there is no such column'],
  ['unit_price', 'number', 'price of one piece'],
  ['amount', 'number', 'money of the line; quantity x unit price if there is no such column'],
  ['country', 'text', 'country'],
].map(([name, kind, meaning]) => ({ name, kind, meaning, rows: ['orders'] }))
const PREVIEW = Array.from({ length: 6 }, (_, n) => ({
      order_key: String(560_001 + n),
      sku: String(22_001 + n),
      product_name: 'Ceramic bowl, blue',
      quantity: 6,
      ordered_at: `2011-12-09 10:0${n}`,
      unit_price: 2.55,
      customer_key: String(17_850 + n),
      country: 'United Kingdom',
    }))
const importOf = id => state.imports.find(each => each.import_id === Number(id)) ?? fail(404, 'Import not found')
function newImport() {
  const each = {
    import_id: ++state.nextId,
    file_name: 'orders-december.csv',
    file_bytes: 1_204_331,
    state: mode === 'one' ? 'unreadable' : 'inspecting',
    revision: 1,
    batch_id: null,
    problem: null,
    remedy: null,
    received_at: new Date().toISOString(),
    job: newJob('inspect', 'lines read', 12_431),
    found: {
      fields: FIELDS,
      preview: PREVIEW,
      kind: 'text',
      compression: null,
      encoding: 'UTF-8',
      line_ending: 'CRLF',
      dialect: { delimiter: ',', quote: '"', header_line: 1 },
      columns: FILE.map(([header, type, samples, field, confidence]) => ({ header, type, samples, field, confidence })),
      profile: 'mapped',
      dates: { ordered_at: 'dmy' },
      date_evidence: { ordered_at: '13/12/2011 09:10: day first, because 8,113 lines have a first number over 12 and none a second' },
      decimal: '.',
      thousands: null,
      currency: null,
      rows: 12_431,
      orders: 3_912,
      customers: 1_204,
      products: 2_207,
      rejected: 37,
      rejects: [
        { reason: 'the quantity is not a number', lines: 35, examples: [[811, 'Quantity', 'six'], [1_204, 'Quantity', '1O']] },
        { reason: 'the date is missing', lines: 2, examples: [[4_207, 'InvoiceDate', null]] },
      ],
      warnings: ['412 lines have no customer: they count in revenue, not in scores.'],
    },
    mapping: {
      source: 'shop',
      rows: 'orders',
      columns: Object.fromEntries(FILE.filter(each => each[3]).map(each => [each[3], each[0]])),
      date_order: null,
      decimal: null,
      currency: null,
      country: null,
    },
  }
  if (mode === 'one')
    Object.assign(each, {
      found: {},
      mapping: null,
      problem: 'orders.pdf is a PDF, not a table.',
      remedy: 'Export CSV, XLSX or Parquet.',
    })
  state.imports.unshift(each)
  return each
}
/** Each look at a file under way finds it a third further. */
function stepped(each) {
  if (!['inspecting', 'loading'].includes(each.state)) return each
  each.job.done = Math.min(each.job.total, each.job.done + Math.round(each.job.total / 3))
  if (each.job.done < each.job.total) return each
  if (each.state === 'inspecting') each.state = each.problem ? 'unreadable' : 'ready'
  else {
    const counts = { lines_loaded: 12_200, lines_unchanged: 194, lines_rejected: 37 }
    const batch_id = BATCHES[0].batch_id + 1
    const loaded_at = new Date().toISOString()
    BATCHES.unshift({ ...BATCHES[0], ...counts, lines_read: 12_431, batch_id, file_name: each.file_name, state: 'loaded', undone_at: null, loaded_at })
    Object.assign(each, { state: 'loaded', batch_id, found: null })
    Object.assign(each.job, { result: { batch_id, state_of_batch: 'loaded', ...counts }, finished_at: loaded_at })
  }
  each.job.state = 'done'
  return each
}
const JOBS = []
function stepJob(job) {
  if (job.state !== 'running') return job
  job.done += 1
  if (job.done >= job.total) Object.assign(job, { state: 'done', finished_at: new Date().toISOString() })
  return job
}
const STEPS = ['rows read', 'customers scored', 'customers asked', 'rows saved', 'rows saved']
/** Each look at the runs finds the one that is building a step further. */
function stepRuns() {
  const [run] = RUNS
  if (run.state !== 'building') return
  run.progress.done += 1
  run.progress.step = STEPS[run.progress.done] ?? null
  if (run.progress.done < 5) return
  for (const each of RUNS) if (each.published) Object.assign(each, { published: false, state: 'superseded' })
  Object.assign(run, { state: 'published', published: true, progress: null, as_of: AS_OF, customers_scored: 10_000, timings: RUNS[1].timings, published_at: new Date().toISOString() })
  tell('run_published', { run_id: run.run_id })
}
const RUNS = Array.from({ length: 12 }, (_, n) => ({
  run_id: 12 - n,
  as_of: n === 3 ? null : dayBefore(n),
  state: n === 0 ? 'published' : n === 3 ? 'failed' : n === 5 ? 'withdrawn' : n > 9 ? 'thinned' : 'superseded',
  published: n === 0,
  rules_version: 1,
  customers_scored: n === 3 ? null : 10_000 - 12 * n,
  versions: { foresell: '0.3.0', duckdb: '1.5.1', lightgbm: '4.7.0' },
  error: n === 3 ? 'Not enough disk space for the snapshot: 4.1 GB are needed, 1.2 GB are free.' : null,
  started_at: new Date(Date.UTC(2026, 10, 21 - n, 5)).toISOString(),
  published_at: n === 3 ? null : new Date(Date.UTC(2026, 10, 21 - n, 5, 2)).toISOString(),
  timings: n === 3 ? {} : { 'read the truth': 3.1, 'build the snapshot': 4.42, score: 0.61, predict: 18.9 + n, 'list the customers': 0.34, 'save and publish': 3.3 },
  progress: null,
}))
const BATCHES = Array.from({ length: 26 }, (_, n) => ({
  batch_id: 30 - n,
  source: n % 5 === 4 ? 'quickbooks' : 'shop',
  profile: 'online-retail',
  rows: n % 5 === 4 ? 'customers' : 'orders',
  file_name: `orders-${months[23 - (n % 24)].slice(0, 7)}.csv`,
  state: n === 2 ? 'undone' : 'loaded',
  lines_read: 52_000 - n * 931,
  lines_loaded: 52_000 - n * 931 - (n % 2 ? 212 : 0) - (n % 4 ? 20 : 0),
  lines_unchanged: n % 2 ? 212 : 0,
  lines_rejected: n % 4 ? 20 : 0,
  orders_new: 3_900 - 61 * n,
  orders_replaced: n % 2 ? 12 : 0,
  customers_new: 118,
  customers_changed: 7,
  products_new: 31,
  products_changed: 2,
  loaded_at: new Date(Date.UTC(2026, 10, 20 - n, 7)).toISOString(),
  undone_at: n === 2 ? '2026-11-19T10:00:00Z' : null,
}))

// ---- people and their keys
const QR = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 21 21"><path fill="#fff" d="M0 0h21v21H0z"/><path d="${Array.from({ length: 200 }, (_, n) => `M${(n * 7) % 21} ${(n * 11 + ((n * n) % 5)) % 21}h1v1h-1z`).join('')}"/></svg>`
const CODES = Array.from({ length: 10 }, (_, n) => `${(7919 * (n + 3)).toString(36).padStart(5, 'k')}-${(104_729 * (n + 5)).toString(36).slice(0, 5)}`)
const LINK = 'http://localhost:8000/sign-in?token=8Zr0Yq3yq2kH0yUoWnS5sVbJ1xT7cLgE'
const TEAMS = [
  { team_id: 1, name: 'North', users: 2 },
  { team_id: 2, name: 'South', users: 0 },
]
const accountOf = who => ({
  user_id: who.user_id,
  name: who.name,
  email: who.email,
  roles: who.roles,
  team: TEAMS.find(team => team.name === who.team || team.team_id === who.team_id) ?? null,
  disabled: who.user_id === 4,
  second_factor: who.user_id === 6,
  last_seen_at: who.user_id === 3 ? null : '2026-11-20T16:12:00Z',
  created_at: '2026-09-01T08:00:00Z',
})
const KEY = {
  key_id: 1,
  name: 'Warehouse',
  prefix: 'fsk_7Qxa',
  scopes: ['customers.read', 'sales.read'],
  created_at: '2026-03-01T00:00:00Z',
  expires_at: '2027-03-01T00:00:00Z',
  last_used_at: '2026-11-21T08:59:00Z',
  user_id: 3,
  owner: 'Ada Lund',
}
const PASSKEYS = [{ passkey_id: 'p1', name: 'Laptop', created_at: '2026-10-02T09:00:00Z', last_used_at: '2026-11-21T07:58:00Z' }]
Object.assign(state, {
  users: PEOPLE.map(accountOf),
  keys: [KEY, { ...KEY, key_id: 2, name: 'Nightly export', prefix: 'fsk_Kk2p', scopes: ['customers.export'], last_used_at: null, owner: 'Kim Ferro' }],
  sessions: ['Chrome on Linux', 'Safari on iPhone', 'Firefox on Windows'].map((device, n) => ({
    session_id: `00000000-0000-0000-0000-00000000000${n}`,
    signed_in_by: n === 1 ? 'passkey' : 'password',
    device,
    network: n === 2 ? null : '192.0.2.0/24',
    created_at: `2026-11-${20 - 4 * n}T08:00:00Z`,
    last_seen_at: `2026-11-${21 - n}T09:00:00Z`,
    expires_at: `2026-12-${20 - 4 * n}T08:00:00Z`,
    current: n === 0,
  })),
})
const DID = [
  ['sign-in', null, { by: 'password' }],
  ['contact.reveal', 'customer:C000123', { customers: 1 }],
  ['import', 'batch:30', { source: 'shop', rows: 'orders', file_sha256: '9f2c1ab07d3e44129f2c1ab07d3e44129f2c1ab07d3e44129f2c1ab07d3e4412' }],
  ['undo', 'batch:28', {}],
  ['user.changed', 'user:2', { fields: ['roles'], roles: ['rep'] }],
  ['publish', 'run:12', {}],
  ['sign-in.refused', 'user:2', { by: 'password' }],
]
const AUDIT = Array.from({ length: 240 }, (_, n) => {
  const [action, subject, detail] = DID[n % DID.length]
  const isNobody = action === 'sign-in.refused'
  const who = PEOPLE[n % 6]
  return {
    event_id: 240 - n,
    at: new Date(Date.UTC(2026, 10, 21, 9) - n * 1_540_000).toISOString(),
    actor_id: isNobody || n % 9 === 5 ? null : who.user_id,
    actor: isNobody || n % 9 === 5 ? null : who.name,
    via: isNobody ? 'web' : n % 9 === 5 ? 'command line' : 'web',
    action,
    subject,
    detail,
    request_id: null,
  }
})

const routes = [
  ['POST', '/api/auth/refresh', ({ who }) => (who && mode !== 'expired' ? tokens(who) : fail(401, 'Sign in first.'))],
  [
    'POST',
    '/api/auth/sign-in',
    ({ body, set }) => {
      const who = PEOPLE.find(each => each.email === body.email)
      if (!who || body.password === 'wrong') fail(401, 'E-mail or password is wrong.')
      if (body.password === 'factor') return { second_factor: ['totp'], ticket: String(who.user_id) }
      set(who)
      return tokens(who)
    },
  ],
  [
    'POST',
    '/api/auth/second-factor',
    ({ body, set }) => {
      if (body.code === '000000') fail(401, 'That code is not right, or was used before.')
      const who = PEOPLE[Number(body.ticket) - 1]
      set(who)
      return tokens(who)
    },
  ],
  ['POST', '/api/auth/link', ({ set }) => (set(PEOPLE[5]), tokens(PEOPLE[5]))],
  ['POST', '/api/auth/sign-out', ({ set }) => (set(null), {})],
  ['POST', '/api/auth/step-up', () => ({ access_token: 'fake' })],
  ['GET', '/api/auth/oidc', () => ({ data: [] })],
  ['GET', '/api/me', ({ who }) => signedIn(who)],
  [
    'PATCH',
    '/api/me',
    ({ who, body }) => signedIn(Object.assign(who, body, { preferences: { ...who.preferences, ...body.preferences } })),
  ],
  [
    'POST',
    '/api/me/password',
    ({ body }) => (body.current === 'wrong' ? fail(400, 'current parameter is not the password.', { parameter: 'current' }) : {}),
  ],
  [
    'POST',
    '/api/me/totp',
    () => ({ secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', uri: 'otpauth://totp/Foresell:manager?secret=JBSWY3DPEHPK3PXP', qr: QR }),
  ],
  [
    'PUT',
    '/api/me/totp',
    ({ who, body }) => {
      if (body.code === '000000') fail(400, 'code parameter: this is not the code.', { remedy: 'Wait for the next one.' })
      Object.assign(who, { second_factor: true, factors: [...(who.factors ?? []), 'totp', 'recovery_code'], recovery_codes: 10 })
      return { recovery_codes: CODES }
    },
  ],
  ['DELETE', '/api/me/totp', ({ who }) => (Object.assign(who, { second_factor: false, factors: [], recovery_codes: 0 }), {})],
  ['POST', '/api/me/recovery-codes', () => ({ recovery_codes: CODES })],
  ['GET', '/api/me/sessions', () => ({ data: state.sessions, total: state.sessions.length })],
  [
    'DELETE',
    '/api/me/sessions/:id',
    ({ id }) => ((state.sessions = state.sessions.filter(each => each.session_id !== id)), {}),
  ],
  ['GET', '/api/me/passkeys', () => ({ data: mode === 'empty' ? [] : PASSKEYS, total: 1 })],
  ['POST', '/api/me/passkeys/options', () => ({ ticket: 't', options: {} })],
  ['DELETE', '/api/me/passkeys/:id', () => ({})],
  ['GET', '/api/me/api-keys', () => (mode === 'empty' ? { data: [], total: 0 } : { data: state.keys, total: state.keys.length })],
  [
    'POST',
    '/api/me/api-keys',
    ({ body, who }) => {
      const key = { ...KEY, ...body, key_id: ++state.nextId, prefix: 'fsk_9fGq', last_used_at: null, owner: who.name }
      state.keys.unshift(key)
      return { ...key, key: 'fsk_9fGqSecretThatIsShownOnceAndNeverAgain7x' }
    },
  ],
  [
    'DELETE',
    '/api/me/api-keys/:id',
    ({ id }) => ((state.keys = state.keys.filter(each => each.key_id !== Number(id))), {}),
  ],
  ['GET', '/api/api-keys', () => (mode === 'empty' ? { data: [], total: 0 } : { data: state.keys, total: state.keys.length })],
  ['GET', '/api/users', () => whole(state.users)],
  [
    'POST',
    '/api/users',
    ({ body }) => {
      if (state.users.some(each => each.email === body.email)) fail(400, 'email parameter is in use already.')
      const user = { ...accountOf({ ...body, user_id: state.users.length + 1 }), last_seen_at: null }
      state.users.push(user)
      return { ...user, link: LINK }
    },
  ],
  ['POST', '/api/users/:id/reset', () => ({ link: LINK })],
  [
    'PATCH',
    '/api/users/:id',
    ({ id, body }) => {
      const { team_id, ...rest } = body
      const team = team_id === undefined ? {} : { team: TEAMS.find(each => each.team_id === team_id) ?? null }
      return Object.assign(state.users.find(each => each.user_id === Number(id)), rest, team)
    },
  ],
  [
    'GET',
    '/api/roles',
    () => ({
      data: Object.entries(ROLES).map(([name, permissions]) => ({
        name,
        permissions,
        scope: name === 'rep' ? 'own' : name === 'manager' ? 'team' : 'all',
        description: {
          rep: 'Calls the own customers.',
          manager: 'Leads a team: sees its customers and calls, and assigns them.',
          analyst: 'Reads every figure and writes the rules of the segments.',
          marketer: 'Builds segments and exports lists without contact data.',
          steward: 'Looks after the data: imports, undo, quality, erasure.',
          admin: 'Manages users, models and keys, and reads the audit.',
        }[name],
      })),
    }),
  ],
  ['GET', '/api/teams', () => ({ data: mode === 'empty' ? [] : TEAMS })],
  ['POST', '/api/teams', ({ body }) => (TEAMS.push({ team_id: TEAMS.length + 1, name: body.name, users: 0 }), TEAMS.at(-1))],
  [
    'GET',
    '/api/audit',
    ({ query }) =>
      page(
        AUDIT.filter(
          event =>
            mode !== 'empty' &&
            (!query.get('actor') || event.actor_id === Number(query.get('actor'))) &&
            (!query.get('action') || event.action === query.get('action')) &&
            (!query.get('from') || event.at >= query.get('from')) &&
            (!query.get('to') || event.at.slice(0, 10) <= query.get('to')),
        ),
        query,
        50,
      ),
  ],
  [
    'GET',
    '/api/audit/verify',
    () =>
      mode === 'one'
        ? { ok: false, events: 240, seals: 61, waiting: 0, findings: [{ words: 'event 41 was changed', event_id: 41, seal_id: 11 }] }
        : { ok: true, events: 240, seals: 61, waiting: 1, findings: [] },
  ],
  [
    'GET',
    '/api/status',
    () => ({
      run: { run_id: 12, as_of: AS_OF, published_at: '2026-11-21T05:02:11Z' },
      data_to: '2011-12-09',
      models: [{ task: 'purchase', level: 'learner', as_of: AS_OF }],
      currency: 'GBP',
      meta: META,
    }),
  ],
  [
    'GET',
    '/api/kpis',
    () => ({
      data: [
        { name: 'revenue_30', label: 'Sales, last 30 days', value: 288_214, previous: 262_900, unit: 'money' },
        { name: 'repeat_share', label: 'Customers who came back', value: 0.62, previous: 0.64, unit: 'share' },
        { name: 'value_12m', label: 'Average worth, 12 months', value: 412, previous: 398, unit: 'money' },
      ],
      meta: META,
    }),
  ],
  [
    'GET',
    '/api/customers',
    ({ query }) => {
      const answer = page(chosen(query), query)
      return { ...answer, data: answer.data.map(named) }
    },
  ],
  [
    'GET',
    '/api/customers/:id',
    ({ id }) => {
      const row = named(findCustomer(id))
      const themes = ['rhythm', 'frequency', 'spend']
      return {
        ...row,
        signup_date: '2010-01-14',
        scores: row,
        reasons: row.reasons.map((sentence, place) => ({
          rank: place + 1,
          theme: themes[place],
          direction: place === 2 ? 'lowers' : 'raises',
          points: [14.2, 8.6, -3.1][place],
          sentence,
        })),
        contact: {
          email: 'i•••@e•••.com',
          phone: '••• ••• 412',
          address: '•••',
          city: 'Leeds',
          region: null,
          postcode: 'LS•••',
        },
        records: [
          { source: 'shop', source_key: String(17000 + Number(id.slice(1))) },
          { source: 'quickbooks', source_key: `QB-${id.slice(3)}` },
        ],
        meta: META,
      }
    },
  ],
  [
    'POST',
    '/api/customers/:id/contact/reveal',
    () => ({
      email: 'iris@example.com',
      phone: '+44 113 496 0412',
      address: '12 Mill Lane',
      city: 'Leeds',
      region: null,
      postcode: 'LS1 4AB',
    }),
  ],
  [
    'POST',
    '/api/customers/:id/erase',
    () => fail(403, 'A second factor within the last five minutes is needed.', { error: 'Second factor required' }),
  ],
  [
    'GET',
    '/api/customers/:id/calculation',
    ({ id }) => {
      const row = findCustomer(id)
      const cut = (axis, key, letter) =>
        [1, 2, 3, 4, 5].map(score => {
          const values = people.filter(each => each[letter] === score).map(each => each[key])
          return {
            axis,
            score,
            lowest: values.length ? Math.min(...values) : 0,
            highest: values.length ? Math.max(...values) : 0,
            customers: values.length,
          }
        })
      const cuts = [
        ...cut('recency_days', 'recency_days', 'r'),
        ...cut('frequency', 'frequency', 'f'),
        ...cut('monetary', 'monetary', 'm'),
      ]
      const axis = (name, letter, formula) => ({
        value: row[name],
        formula,
        score: row[letter],
        ...(({ lowest, highest }) => ({ lowest, highest }))(
          cuts.find(each => each.axis === name && each.score === row[letter]),
        ),
      })
      return {
        customer_id: id,
        recency: axis('recency_days', 'r', `${AS_OF} - ${row.last_purchase_day} (last counted order)`),
        frequency: axis(
          'frequency',
          'f',
          `${row.frequency} orders with goods of more than zero, out of ${row.frequency}`,
        ),
        monetary: axis('monetary', 'm', `${row.monetary} of ${row.frequency} counted orders`),
        segment: row.segment,
        rule: {},
        cut_points: cuts,
        orders: ordersOf(row),
        meta: META,
      }
    },
  ],
  ['GET', '/api/customers/:id/orders', ({ id, query }) => page(ordersOf(findCustomer(id)), query, 20)],
  [
    'GET',
    '/api/customers/:id/products',
    ({ id }) => {
      const row = findCustomer(id)
      return whole([
        {
          sku: '22001',
          product: 'Ceramic bowl, blue',
          category: row.category,
          orders: row.frequency,
          quantity: 6 * row.frequency,
          amount: round(row.monetary / 2),
          last_day: row.last_purchase_day,
        },
        {
          sku: '22002',
          product: 'Tea towel, set of three',
          category: 'Kitchen',
          orders: row.frequency,
          quantity: 12,
          amount: round(row.monetary / 2),
          last_day: row.last_purchase_day,
        },
      ])
    },
  ],
  [
    'GET',
    '/api/customers/:id/history',
    ({ id }) => {
      const row = findCustomer(id)
      return {
        customer_id: id,
        scores: Array.from({ length: 8 }, (_, n) => ({
          run_id: 12 - n,
          as_of: dayBefore(30 * n),
          segment: n > 4 ? 'Loyal' : row.segment,
          rfm_score: row.rfm_score,
          recency_days: row.recency_days,
          frequency: Math.max(1, row.frequency - n),
          monetary: row.monetary,
          probability: round(Math.max(0.03, Math.min(0.95, row.probability + 0.1 * Math.sin(n * 1.7))), 3),
          churn_90: row.churn_90,
          value_12m: row.value_12m,
          came: n === 0 ? null : n % 3 !== 1,
        })),
        meta: META,
      }
    },
  ],
  [
    'POST',
    '/api/export/customers',
    ({ query }) => ({
      csv: ['customer_id,segment', ...chosen(query).map(row => `${row.customer_id},${row.segment}`)].join('\r\n'),
    }),
  ],
  ['GET', '/api/assignees', () => ({ data: PEOPLE.slice(0, 2).map(({ user_id, name }) => ({ user_id, name })) })],
  ['POST', '/api/assignments', ({ body }) => ({ assigned: body.customer_ids.length })],
  [
    'GET',
    '/api/calls/today',
    ({ query }) => {
      const gone = new Set([...state.calls.map(call => call.customer_id), ...state.snoozed.keys()])
      const ranked = (mode === 'empty' ? [] : mode === 'one' ? people.slice(0, 1) : [...people])
        .sort((a, b) => b.expected_value - a.expected_value)
        .filter(row => !gone.has(row.customer_id))
        .slice(0, Number(query.get('limit') ?? 50))
      return {
        ...whole(ranked.map(named)),
        summary: {
          calls: ranked.length,
          expected_value: sum(ranked, 'expected_value'),
          already_called: state.calls.length,
        },
      }
    },
  ],
  [
    'GET',
    '/api/calls',
    ({ query }) =>
      whole([
        ...state.calls.filter(call => call.customer_id === query.get('customer_id')),
        {
          call_id: 900,
          customer_id: query.get('customer_id'),
          outcome: 'no_answer',
          note: 'Try again after four.',
          called_at: '2026-11-12T14:20:00Z',
          called_by: 'Ben Oakes',
          snooze_until: null,
        },
      ]),
  ],
  [
    'POST',
    '/api/calls',
    ({ body, who }) => {
      const call = {
        call_id: ++state.nextId,
        note: null,
        snooze_until: null,
        ...body,
        called_at: new Date().toISOString(),
        called_by: who.name,
      }
      state.calls.push(call)
      tell('call.logged', { ...call, user_id: who.user_id })
      return call
    },
  ],
  [
    'POST',
    '/api/calls/:id/undo',
    ({ id }) => {
      state.calls = state.calls.filter(call => call.call_id !== Number(id))
      return {}
    },
  ],
  [
    'POST',
    '/api/snoozes',
    ({ body }) => ({
      snooze_ids: body.customer_ids.map(customer => {
        state.snoozed.set(customer, ++state.nextId)
        return state.nextId
      }),
    }),
  ],
  [
    'DELETE',
    '/api/snoozes/:id',
    ({ id }) => {
      for (const [customer, snooze] of state.snoozed) if (snooze === Number(id)) state.snoozed.delete(customer)
      return {}
    },
  ],
  ['GET', '/api/views', () => ({ data: state.views })],
  [
    'POST',
    '/api/views',
    ({ body }) => {
      const view = { ...body, view_id: ++state.nextId }
      state.views.push(view)
      return view
    },
  ],
  [
    'DELETE',
    '/api/views/:id',
    ({ id }) => {
      state.views = state.views.filter(view => view.view_id !== Number(id))
      return {}
    },
  ],
  [
    'GET',
    '/api/segments',
    () => ({
      data: state.rules.map(rule => {
        const rows = mode === 'empty' ? [] : people.filter(row => segmentOf(state.rules, row) === rule.name)
        return {
          segment: rule.name,
          customers: rows.length,
          revenue: sum(rows, 'monetary'),
          share: rows.length / people.length,
          median_recency_days: median(rows.map(row => row.recency_days)),
          advice: rule.advice,
        }
      }),
      meta: META,
    }),
  ],
  [
    'GET',
    '/api/segments/grid',
    () => ({
      data: [1, 2, 3, 4, 5].flatMap(r =>
        [1, 2, 3, 4, 5].map(f => {
          const rows = people.filter(row => row.r === r && row.f === f)
          return { r, f, customers: rows.length, revenue: sum(rows, 'monetary') }
        }),
      ),
      meta: META,
    }),
  ],
  [
    'GET',
    '/api/segments/movement',
    () => ({
      since: { run_id: 11, as_of: '2011-11-10' },
      data: [
        ['Loyal', 'Champions', 74],
        ['Loyal', 'Needs Attention', 61],
        ['Champions', 'Loyal', 52],
        ['Needs Attention', 'At-Risk', 214],
        ['Potential Loyalist', 'Loyal', 96],
        [null, 'New', 131],
        ['Hibernating', 'Lost', 188],
        ['At-Risk', 'Loyal', 33],
      ].map(([from, to, customers]) => ({ from, to, customers, revenue: customers * 412 })),
      meta: META,
    }),
  ],
  ['GET', '/api/segments/rules', () => ({ data: state.rules, version: 1 })],
  [
    'PUT',
    '/api/segments/rules',
    ({ body }) => {
      state.rules = body.rules
      return { data: state.rules, version: 2 }
    },
  ],
  [
    'POST',
    '/api/segments/rules/preview',
    ({ body }) => {
      const now = groups('segment')
      const then = new Map()
      for (const row of people) {
        const name = segmentOf(body.rules, row)
        then.set(name, (then.get(name) ?? 0) + 1)
      }
      return {
        data: body.rules.map(rule => ({
          segment: rule.name,
          customers: then.get(rule.name) ?? 0,
          now: now.get(rule.name)?.length ?? 0,
        })),
        wrong: body.rules.length < 3 ? ['40 of the 125 cells have no segment: 111, 112, 113 ...'] : [],
        meta: META,
      }
    },
  ],
  [
    'GET',
    '/api/distributions/:id',
    ({ id, query }) => {
      const key = { recency: 'recency_days', frequency: 'frequency', monetary: 'monetary', probability: 'probability' }[
        id
      ]
      const rows = chosen(
        new URLSearchParams([
          ['segment', query.get('segment') ?? ''],
          ['category', query.get('category') ?? ''],
        ]),
      )
      const values = rows.map(row => row[key]).sort((a, b) => a - b)
      const top = values[Math.floor(values.length * 0.98)] ?? 1
      const bins = 24
      const step = id === 'probability' ? top / bins : Math.max(1, Math.ceil(top / bins))
      return {
        bins: Array.from({ length: bins }, (_, n) => ({
          low: round(n * step, 4),
          high: round((n + 1) * step, 4),
          customers: values.filter(v => v >= n * step && (v < (n + 1) * step || (n === bins - 1 && v >= top))).length,
        })),
        cut_points:
          id === 'probability' ? [] : [0.2, 0.4, 0.6, 0.8].map(q => values[Math.floor(q * values.length)] ?? 0),
        n: values.length,
        median: median(values),
        meta: META,
      }
    },
  ],
  [
    'GET',
    '/api/models',
    () => ({
      data:
        mode === 'empty'
          ? []
          : [
              ['purchase', 'lightgbm'],
              ['churn', 'blend'],
              ['churn_180', 'bgnbd'],
              ['lifetime_value', 'bgnbd_gamma_gamma'],
              ['revenue_forecast', 'seasonal_damped'],
            ].map(([task, kind], n) => ({
              model_id: n + 1,
              task,
              kind,
              as_of: AS_OF,
              state: 'served',
              reason: 'PR-AUC .585 against .562 of the better baseline',
              trained_at: '2026-11-21T05:01:00Z',
              serving: true,
            })),
      tasks: [
        ['purchase', 1, 'learner', 'PR-AUC .585 against .562 of the better baseline; no drift'],
        ['churn', 2, 'learner', 'PR-AUC .771 against .752 of the better baseline; no drift'],
        ['churn_180', 3, 'law', 'the learner was not better than BG/NBD, so BG/NBD answers'],
        ['lifetime_value', 4, 'law', 'the learner was not better than BG/NBD, so BG/NBD answers'],
        ['revenue_forecast', null, 'off', '14 months of sales are too few; 24 are needed'],
      ].map(([task, model_id, level, sentence]) => ({ task, model_id, level, sentence, kind: null, as_of: model_id && AS_OF })),
      meta: META,
    }),
  ],
  [
    'GET',
    '/api/models/:id/backtests',
    ({ query }) => {
      const shift = query.get('population') === 'key accounts' ? 0.22 : 0
      const table = {
        lightgbm: [0.816, 0.585, 0.541, 0.505, 0.584, 0.807, 0.019],
        bgnbd: [0.805, 0.562, 0.52, 0.5, 0.543, 0.804, 0.041],
        logistic: [0.786, 0.516, 0.491, 0.441, 0.564, 0.774, 0.043],
        everyone: [null, 0.197, 0.328, 0.197, 1, 0.197, null],
        majority: [null, null, 0, null, 0, 0.803, null],
      }
      const measures = ['roc_auc', 'pr_auc', 'f1', 'precision', 'recall', 'accuracy', 'calibration_error']
      return {
        data: Object.entries(table).flatMap(([model, values]) =>
          measures.map((measure, n) => ({
            model,
            measure,
            population: query.get('population') ?? 'all',
            value: values[n] === null ? null : round(Math.min(0.98, values[n] + (n < 5 && n > 0 ? shift : 0)), 3),
            low: values[n] === null ? null : round(values[n] - 0.01, 3),
            high: values[n] === null ? null : round(values[n] + 0.01, 3),
            customers: 5352,
          })),
        ),
        confusion: { true_positive: 616, false_positive: 604, true_negative: 3692, false_negative: 440 },
        meta: META,
      }
    },
  ],
  [
    'GET',
    '/api/models/:id/calibration',
    () => ({
      data: Array.from({ length: 10 }, (_, n) => ({
        group: n + 1,
        said: round(0.03 + n * 0.085, 3),
        happened: round(0.02 + n * 0.088 + (n % 2 ? 0.012 : -0.008), 3),
        customers: 535,
      })),
      meta: META,
    }),
  ],
  [
    'GET',
    '/api/models/:id/lift',
    () => ({
      data: [3.5, 2.1, 1.4, 0.95, 0.7, 0.5, 0.35, 0.22, 0.17, 0.11].map((lift, n, all) => ({
        decile: n + 1,
        lift,
        happened: round(lift * 0.197, 3),
        captured: round(all.slice(0, n + 1).reduce((a, b) => a + b, 0) / 10, 3),
      })),
      meta: META,
    }),
  ],
  [
    'GET',
    '/api/models/:id/threshold',
    () => ({
      served: 0.34,
      data: Array.from({ length: 40 }, (_, n) => {
        const threshold = round(0.02 + n * 0.024, 3)
        const calls = Math.round(5352 * Math.exp(-4.2 * threshold))
        const sales = Math.round(1054 * (1 - (1 - Math.exp(-4.2 * threshold)) ** 2.4))
        const precision = Math.min(0.97, sales / Math.max(1, calls))
        const recall = sales / 1054
        return {
          threshold,
          calls,
          sales,
          precision: round(precision, 3),
          recall: round(recall, 3),
          f1: round((2 * precision * recall) / (precision + recall), 3),
        }
      }),
      meta: META,
    }),
  ],
  [
    'GET',
    '/api/targets',
    () => ({
      data: [
        [
          'purchase',
          'all',
          'f1',
          0.7,
          0.54,
          0.33,
          'not reachable',
          "0.54 against a goal of 0.70: even the best threshold chosen afterwards gives 0.55; customers' habits do not hold the answer.",
        ],
        [
          'purchase',
          'key accounts',
          'f1',
          0.7,
          0.78,
          0.74,
          'met',
          '0.78 against a goal of 0.70; calling everyone a buyer gives 0.74.',
        ],
        [
          'churn',
          'all',
          'accuracy',
          0.85,
          0.76,
          0.63,
          'not reachable',
          '0.76 against a goal of 0.85: even the best threshold chosen afterwards gives 0.77; too many customers are close calls.',
        ],
        [
          'churn',
          'key accounts',
          'accuracy',
          0.85,
          0.855,
          0.833,
          'met',
          "0.86 against a goal of 0.85; the majority's answer gives 0.83.",
        ],
        [
          'churn',
          'all, where sure',
          'accuracy',
          0.85,
          0.88,
          0.71,
          'met',
          "0.88 against a goal of 0.85; the majority's answer gives 0.71. It is sure about 45% of customers.",
        ],
      ].map(([task, population, measure, goal, value, trivial, verdict, sentence]) => ({
        task,
        population,
        measure,
        goal,
        value,
        trivial,
        verdict,
        sentence,
      })),
      meta: META,
    }),
  ],
  [
    'GET',
    '/api/receipts',
    () => ({
      data: [
        ['2011-08-10', 0.165, 0.155],
        ['2011-09-10', 0.183, 0.209],
        ['2011-10-10', 0.216, 0.227],
        ['2011-11-10', 0.229, 0.259],
      ].map(([as_of, said, happened], n) => ({
        run_id: 8 + n,
        as_of,
        task: 'purchase',
        grouping: 'all',
        name: 'all',
        customers: 5100 + 40 * n,
        said,
        happened,
      })),
      meta: META,
    }),
  ],
  [
    'GET',
    '/api/forecast',
    () => ({
      data: ['2011-12-01', '2012-01-01', '2012-02-01', '2012-03-01'].map((starts, n) => ({
        grain: 'month',
        starts,
        ends: starts,
        target: 'revenue',
        known: n ? 0 : 21_400,
        expected: Math.round(wave(24 + n)),
        low: Math.round(wave(24 + n) * (n ? 0.86 - n * 0.02 : 0.95)),
        high: Math.round(wave(24 + n) * (n ? 1.15 + n * 0.02 : 1.05)),
        method: 'last year, damped growth',
        note: '',
      })),
      accuracy: {
        months: 9,
        value: 0.918,
        sentence: 'Over the last nine months it was right to 91.8 % on average, worst 79 %; seasonal naive 90.5 %.',
      },
      meta: META,
    }),
  ],
  [
    'GET',
    '/api/sales',
    ({ query }) => {
      const by = query.get('by') ?? 'month'
      if (mode === 'empty') return { data: [], meta: META }
      if (by === 'month' || by === 'week')
        return {
          data: months.map((name, n) => ({
            name,
            revenue: Math.round(wave(n)),
            orders: Math.round(wave(n) / 42),
            customers: Math.round(wave(n) / 70),
          })),
          meta: META,
        }
      const found = [...groups(by)].map(([name, rows]) => ({
        name,
        revenue: sum(rows, 'monetary'),
        orders: sum(rows, 'frequency'),
        customers: rows.length,
      }))
      return { data: found.sort((a, b) => b.revenue - a.revenue), meta: META }
    },
  ],
  [
    'GET',
    '/api/lines/classes',
    () => ({
      data: [
        ['counted', 797_885, 15_924_210],
        ['returns', 15_536, -612_300],
        ['cancelled', 3_457, -93_120],
        ['non_product', 4_780, 311_400],
        ['anonymous', 223_190, 2_602_100],
        ['later', 0, 0],
      ].map(([name, lines, amount]) => ({ class: name, lines, amount })),
      meta: META,
    }),
  ],
  ['GET', '/api/imports', () => whole(mode === 'empty' ? [] : state.imports)],
  ['POST', '/api/imports', () => newImport()],
  ['GET', '/api/imports/:id', ({ id }) => stepped(importOf(id))],
  ['GET', '/api/jobs/:id', ({ id }) => stepJob(JOBS.find(each => each.job_id === Number(id)) ?? fail(404, 'Job not found'))],
  [
    'PUT',
    '/api/imports/:id/mapping',
    ({ id, body }) => {
      const each = importOf(id)
      const isDated = Boolean(body.columns.ordered_at)
      const problem = body.columns.ordered_at ? null : 'No column is the day of the sale (ordered_at).'
      return Object.assign(each, {
        mapping: body,
        revision: each.revision + 1,
        state: 'inspecting',
        job: newJob('inspect', 'lines read', 12_431),
        problem,
        remedy: problem && 'Say which column it is.',
      })
    },
  ],
  [
    'POST',
    '/api/imports/:id/commit',
    ({ id }) => Object.assign(importOf(id), { state: 'loading', job: newJob('load', 'lines written', 12_394) }),
  ],
  [
    'DELETE',
    '/api/imports/:id',
    ({ id }) => {
      state.imports = state.imports.filter(each => each.import_id !== Number(id))
      return { import_id: Number(id), state: 'deleted' }
    },
  ],
  ['GET', '/api/batches', ({ query }) => page(mode === 'empty' ? [] : mode === 'one' ? BATCHES.slice(0, 1) : BATCHES, query)],
  ['GET', '/api/batches/:id/rejects', () => [{ file: 'orders.csv', line: 811, column: 'Quantity', value: 'six', reason: 'not a number' }]],
  [
    'POST',
    '/api/batches/:id/undo',
    ({ id, body }) => {
      const batch = BATCHES.find(each => each.batch_id === Number(id)) ?? fail(404, 'Batch not found')
      const job = newJob('undo', 'orders put back', 4)
      if (id === '29' && !body.with_later)
        Object.assign(job, { state: 'failed', error: 'Batch 30 has built on batch 29.', remedy: 'Undo it, too.' })
      else Object.assign(batch, { state: 'undone', undone_at: new Date().toISOString() })
      JOBS.push(job)
      return job
    },
  ],
  ['GET', '/api/runs', ({ query }) => (stepRuns(), page(mode === 'empty' ? [] : mode === 'one' ? RUNS.slice(0, 1) : RUNS, query, 20))],
  ['GET', '/api/runs/:id', ({ id }) => RUNS.find(each => each.run_id === Number(id)) ?? fail(404, 'Run not found')],
  [
    'POST',
    '/api/runs',
    () => {
      if (RUNS[0].state === 'building') fail(409, 'A refresh is under way already.', { remedy: 'Follow it.' })
      const job = newJob('refresh', 'rows read', 5)
      JOBS.push(job)
      const started = { run_id: RUNS[0].run_id + 1, as_of: null, state: 'building', published: false, published_at: null }
      RUNS.unshift({ ...RUNS[0], ...started, customers_scored: null, timings: {}, started_at: job.asked_at, progress: { step: 'rows read', done: 0, total: 5 } })
      return job
    },
  ],
  [
    'POST',
    '/api/runs/:id/publish',
    ({ id }) => {
      for (const run of RUNS) if (run.published) Object.assign(run, { published: false, state: 'withdrawn' })
      const run = RUNS.find(each => each.run_id === Number(id))
      tell('run_published', { run_id: run.run_id })
      return Object.assign(run, { published: true, state: 'published' })
    },
  ],
]
function tokens(who) {
  return { access_token: 'fake', token_type: 'Bearer', expires_in: 600, user: signedIn(who) }
}

function explain(url) {
  if (url.searchParams.get('explain') === 'sql')
    return {
      sql: 'select sum(monetary) as revenue\nfrom rfm_scores\nwhere segment = $segment',
      parameters: Object.fromEntries([...url.searchParams].filter(([name]) => name !== 'explain')),
      engine: 'DuckDB snapshot',
      run_id: 12,
      as_of: AS_OF,
    }
  return page(
    people.map(({ customer_id, segment, monetary }) => ({ customer_id, segment, monetary })),
    url.searchParams,
    50,
  )
}

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain',
  '.woff2': 'font/woff2',
}
function serveFile(request, response, path) {
  const found = path !== '/' && existsSync(join(STATIC, path)) && extname(path) ? path : '/index.html'
  const compressed = existsSync(join(STATIC, `${found}.br`)) && /\bbr\b/.test(request.headers['accept-encoding'] ?? '')
  const cache = found.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache'
  response.writeHead(200, {
    ...HEADERS,
    'content-type': TYPES[extname(found)] ?? 'application/octet-stream',
    'cache-control': cache,
    ...(compressed ? { 'content-encoding': 'br' } : {}),
  })
  response.end(readFileSync(join(STATIC, found + (compressed ? '.br' : ''))))
}

createServer(async (request, response) => {
  const url = new URL(request.url, 'http://fake')
  const send = (status, body, headers = {}) => {
    response.writeHead(status, {
      ...HEADERS,
      'content-type': status < 400 ? 'application/json' : 'application/problem+json',
      'cache-control': 'no-store',
      ...headers,
    })
    response.end(JSON.stringify(body))
  }
  if (url.pathname === '/fake') {
    mode = url.searchParams.get('mode') ?? mode
    if (url.searchParams.get('tell')) tell(url.searchParams.get('tell'), Object.fromEntries(url.searchParams))
    return send(200, { mode })
  }
  if (!url.pathname.startsWith('/api/')) return serveFile(request, response, url.pathname)
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  const who = PEOPLE[Number(/foresell=(\d+)/.exec(request.headers.cookie ?? '')?.[1]) - 1]
  if (url.pathname === '/api/stream') {
    response.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    response.write(': hello\n\n')
    streams.add(response)
    return request.on('close', () => streams.delete(response))
  }
  try {
    const isAuth = url.pathname.startsWith('/api/auth/')
    if (!isAuth && (!who || mode === 'expired')) fail(401, 'Sign in first.')
    if (!isAuth && mode === "slow") await new Promise(resume => setTimeout(resume, 60_000))
    if (!isAuth && mode === 'error')
      fail(503, 'The database does not answer.', {
        remedy: 'Try again in a few seconds.',
        request_id: '9f2c1ab07d3e4412',
      })
    if (!isAuth && mode === 'unpublished' && url.pathname !== '/api/status')
      fail(409, 'Nothing has been scored yet.', {
        remedy: 'Load a file, then refresh: the Import page, or foresell refresh.',
      })
    if (url.searchParams.has('explain')) return send(200, explain(url))
    for (const [method, pattern, act] of routes) {
      const match = request.method === method && new RegExp(`^${pattern.replace(':id', '([^/]+)')}$`).exec(url.pathname)
      if (!match) continue
      const headers = {}
      const set = user => {
        headers['set-cookie'] =
          `foresell=${user ? user.user_id : ''}; HttpOnly; SameSite=Strict; Path=/${user ? '' : '; Max-Age=0'}`
      }
      const text = Buffer.concat(chunks).toString()
      const body = text.startsWith('{') ? JSON.parse(text) : {}
      return send(200, act({ id: match[1], query: url.searchParams, body, who, set }), headers)
    }
    fail(404, 'Endpoint not found')
  } catch (error) {
    const status = error.status ?? 500
    send(status, {
      type: 'about:blank',
      title: String(status),
      status,
      detail: error.message,
      error: error.message,
      ...error.more,
    })
    if (!error.status) console.error(error)
  }
}).listen(PORT, '127.0.0.1', () => console.log(`fake API and pages on http://127.0.0.1:${PORT}`))
