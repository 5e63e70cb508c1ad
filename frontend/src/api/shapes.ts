/** The names pages use for the API's shapes. All but the last block come from its OpenAPI description. */
import type { components } from './schema'

type Shapes = components['schemas']

export type ProblemBody = Shapes['Problem']
export type Meta = Shapes['Meta']
export type User = Shapes['CurrentUser']
export type SignedIn = Shapes['SignInResult']
export type SignInAnswer = Shapes['SignInResult'] | Shapes['SecondFactorRequired']

/** One customer of a list; `reasons` are the sentences, strongest first. */
export type CustomerRow = Shapes['ListedCustomer']
export type SelectionBody = Partial<Omit<Shapes['NewAssignment'], 'user_id'>>
export type Owner = Shapes['UserRef']
export type Customer = Shapes['Customer']
export type Erased = Shapes['ErasedCustomer']
export type Contact = Shapes['MaskedContact']
export type Reason = Shapes['Reason']
export type CountedOrder = Shapes['CountedOrder']
export type CutPoint = Shapes['CutPoint']
export type Axis = Shapes['RfmAxis']
export type Order = Shapes['Order']
export type HistoryScore = Shapes['HistoricalScore']
export type ChurnState = 'likely to stay' | 'unsure' | 'at risk'

export type Outcome = Shapes['NewCall']['outcome']
export type Call = Shapes['Call']
export type LoggedCall = Shapes['LoggedCall']
/** `handled_by`: set by the live stream only. */
export type CallRow = Shapes['CallListEntry'] & { handled_by?: string }
export type CallList = Omit<Shapes['CallList'], 'data'> & { data: CallRow[] }
export type CallListSettings = Shapes['CallListSettings']
export type Kpi = Shapes['KpiValue']
export type SavedView = Shapes['SavedView']

export type SegmentRow = Shapes['Segment']
export type GridCell = Shapes['GridCell']
export type Movement = Shapes['SegmentTransition']
export type Rule = Shapes['SegmentRule'] & { conditions: Condition[] }
export type Condition = Shapes['SegmentCondition']
export type RuleField = Shapes['SegmentField']
export type RuleBook = Omit<Shapes['SegmentRules'], 'data'> & { data: object[] }
export type RulesVersion = Omit<Shapes['RulesVersion'], 'data'> & { data: object[] }
export type ChartNote = Shapes['ChartNote']
export type SegmentPreview = Shapes['SegmentPreview']
export type Distributed = 'recency' | 'frequency' | 'monetary' | 'probability'

export type Model = Shapes['ModelSummary']
export type TaskRow = Shapes['ServingModel']
export type Task = Model['task']
export type BacktestRow = Shapes['ModelMetric']
export type Confusion = Shapes['MeanConfusionMatrix']
export type ThresholdRow = Shapes['ThresholdRow']
export type Target = Shapes['ModelTarget']
export type ForecastRow = Shapes['Forecast']
export type ExpectedRevenue = Shapes['ExpectedRevenue']
export type SalesBy = 'month' | 'week' | 'segment' | 'category' | 'country'
export type SalesRow = Shapes['SalesRow']

/** The calculation of a number, which any aggregate returns when asked with `explain`. */
export type HowMade = Shapes['Explanation']
export type RowsBehind = Shapes['RowsBehind']

export type AssignmentRules = Shapes['AssignmentRules']
export type AssignmentRule = Shapes['AssignmentRule']
export type AssignmentPreview = Shapes['AssignmentPreview']
export type CompanySettings = Shapes['Company']
export type SampleData = Shapes['SampleData']
export type Account = Shapes['User']
export type Role = Shapes['Role']
export type AuditEntry = Shapes['Event']
export type Verified = Shapes['Verified']
export type Alarm = Shapes['Alarm']
export type ConnectedSource = Shapes['ConnectedSource']
export type HeldChange = Shapes['HeldChange']
export type SourceKind = Shapes['SourceKind']
export type Sync = Shapes['Sync']
export type Detector = Shapes['Detector']
export type CanaryCustomer = Shapes['CanaryCustomer']
export type Passkey = Shapes['Passkey']
export type ApiKey = Shapes['ApiKey']
export type OwnedApiKey = Shapes['UserApiKey']

export type Job = Shapes['Job']
export type Import = Shapes['Import']
export type Batch = Shapes['Batch']
export type Run = Shapes['Run']

// What an inspection finds and a mapping says, which the description leaves open.

export type CellValue = string | number | boolean | null

export type RowsKind = 'orders' | 'customers' | 'products'

/** What was found in a file. Columns are described by their first rows; dates, numbers and rejects by all. */
export interface Found {
  kind: string
  compression: string | null
  encoding: string | null
  line_ending: string | null
  dialect: Record<string, string | number>
  columns: {
    header: string
    type: 'number' | 'date' | 'text' | 'empty'
    samples: string[]
    field: string | null
    confidence: number | null
  }[]
  format: string
  /** What people call the recognised format; null where columns are mapped by their names. */
  label: string | null
  dates: Record<string, string>
  date_evidence: Record<string, string>
  decimal: string | null
  thousands: string | null
  currency: string | null
  rows: number
  orders: number | null
  customers: number | null
  products: number | null
  rejected: number
  rejects: { reason: string; lines: number; examples: (string | number | null)[][] }[]
  /** Rows that are no lines of orders: those of the file's layout, and those that a rule of the mapping leaves out. */
  left_out: { kind: 'layout' | 'rule'; reason: string; rows: number; lines: number[] }[]
  money: { status: 'completed' | 'returned' | 'cancelled'; currency: string | null; orders: number; amount: number }[]
  /** Words of the status column, and the list of the mapping that says how each counts. */
  status_words?: { word: string; counts_as: StatusList; rows: number }[]
  questions: Question[]
  warnings: string[]
  fields: Field[]
  preview: Record<string, CellValue>[]
}

export type StatusList = 'counted' | 'cancelled' | 'returned' | 'partly_returned' | 'left_out'

/** Something that the file leaves open; `guess` is the place of the likeliest choice. */
export interface Question {
  name: string
  text: string
  evidence: string
  choices: { label: string; changes: MappingChanges }[]
  guess: number
}

/** What a choice changes in the mapping; a column that is null is not imported. */
export type MappingChanges = { columns?: Record<string, string | null> } & Partial<Omit<FileMapping, 'columns'>>

/** How a file becomes canonical rows; `columns` is canonical field to header in the file. The rest goes back as it came. */
export interface FileMapping {
  source: string
  rows: RowsKind
  columns: Record<string, string>
  dialect: { encoding?: string | null }
  date_order: 'dmy' | 'mdy' | 'ymd' | null
  decimal: '.' | ',' | null
  currency: string | null
  country: string | null
  time_zone?: string | null
  refunds_name_shop?: boolean
  /** Null, these: not decided. */
  basis?: 'amount' | 'quantity x price' | 'order total' | null
  subtract?: string[] | null
  report?: boolean | null
  heading?: string | null
  only_currency?: string | null
  latest?: string | null
  placeholders?: string[] | null
  returned_order_prefix?: string[] | null
  counted?: string[] | null
  cancelled?: string[] | null
  returned?: string[] | null
  partly_returned?: string[] | null
  left_out?: string[] | null
  extra_lines?: { column: string; sku: string; name: string }[]
  leave_out?: { column: string; reason: string; also?: { column: string } | null }[]
  items?: { column: string; separator: string; quantity: string } | null
  /** Columns that are only guesses, such as columns.amount. */
  undecided?: string[]
}

export interface Field {
  name: string
  rows: RowsKind[]
  kind: 'text' | 'number' | 'time'
  meaning: string
}

/** An import with what is known of its file; `found` holds columns only where the file could be read at all. */
export type ImportKnown = Omit<Shapes['ImportDetails'], 'mapping' | 'found'> & {
  mapping: FileMapping | null
  found: Partial<Found> | null
}
