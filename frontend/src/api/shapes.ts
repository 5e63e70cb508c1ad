/** The names pages use for the API's shapes. All but the last block come from its OpenAPI description. */
import type { components } from './schema'

type Shapes = components['schemas']

export type ProblemBody = Shapes['Problem']
export type Meta = Shapes['Meta']
export type User = Shapes['Me']
export type SignedIn = Shapes['Session']
export type SignInAnswer = Shapes['Session'] | Shapes['MoreToProve']

/** One customer of a list; `reasons` are the sentences, strongest first. `handled_by`: set by the live stream only. */
export type CustomerRow = Shapes['ListedCustomer'] & { handled_by?: string }
export type Owner = Shapes['Owner']
export type Customer = Shapes['Person']
export type Contact = Shapes['Contact']
export type Reason = Shapes['Reason']
export type CountedOrder = Shapes['CountedOrder']
export type CutPoint = Shapes['CutPoint']
export type Axis = Shapes['Axis']
export type Order = Shapes['Order']
export type HistoryScore = Shapes['Score']
export type ChurnState = 'likely to stay' | 'unsure' | 'at risk'

export type Outcome = Shapes['NewCall']['outcome']
export type Call = Shapes['Call']
export type CallList = Omit<Shapes['Today'], 'data'> & { data: CustomerRow[] }
export type Kpi = Shapes['KeyFigure']
export type SavedView = Shapes['View']

export type SegmentRow = Shapes['Segment']
export type GridCell = Shapes['Cell']
export type Movement = Shapes['Moved']
export type Rule = Shapes['Rule']
export type Distributed = 'recency' | 'frequency' | 'monetary' | 'probability'

export type Model = Shapes['ModelRow']
export type TaskRow = Shapes['TaskRow']
export type Task = Model['task']
export type BacktestRow = Shapes['Figure']
export type Confusion = Shapes['Confusion']
export type ThresholdRow = Shapes['Called']
export type Target = Shapes['Target']
export type Receipt = Shapes['Receipt']
export type ForecastRow = Shapes['Forecast']
export type SalesBy = 'month' | 'week' | 'segment' | 'category' | 'country'
export type SalesRow = Shapes['Sale']

/** A figure's passport, which any aggregate answers instead of itself when asked to explain. */
export type HowMade = Shapes['Made']
export type RowsBehind = Shapes['RowsBehind']

export type Account = Shapes['Account']
export type Role = Shapes['Role']
export type AuditEntry = Shapes['Event']
export type Verified = Shapes['Verified']
export type OwnSession = Shapes['OwnSession']
export type Passkey = Shapes['Passkey']
export type ApiKey = Shapes['ApiKey']
export type OwnedApiKey = Shapes['OwnedApiKey']

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
  profile: string
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
  warnings: string[]
  fields: Field[]
  preview: Record<string, CellValue>[]
}

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
}

export interface Field {
  name: string
  rows: RowsKind[]
  kind: 'text' | 'number' | 'time'
  meaning: string
}

/** An import with what is known of its file; `found` holds columns only where the file could be read at all. */
export type ImportKnown = Omit<Shapes['foresell__api__imports__Found'], 'mapping' | 'found'> & {
  mapping: FileMapping | null
  found: Partial<Found> | null
}
