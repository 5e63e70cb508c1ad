/** What the values of the API about duplicates are called on a page. */
import type { components } from '@/api/schema'
import { count } from '@/ui/format'

type Shapes = components['schemas']
type Verdict = Shapes['NewDecision']['verdict']

export const VERDICT_NAMES: Record<Verdict, string> = {
  same: 'Same',
  different: 'Different',
  unsure: 'Not sure',
}

export const DECIDED: Record<Verdict, string> = {
  same: 'Same: merged into one customer',
  different: 'Different: kept apart',
  unsure: 'Not sure: set aside until a record changes',
}

export const WHY_NAMES: Record<Shapes['OpenReview']['why'], string> = {
  pair: 'Not certain enough',
  'two customers fit': 'Fits two customers',
  conflict: 'Conflicting evidence',
  'too many': 'Large group',
  'values changed': 'Values changed',
}

export const FIELD_NAMES: Record<Shapes['GoldenGroup']['field_group'], string> = {
  name: 'Name',
  email: 'E-mail',
  phone: 'Phone',
  address: 'Address',
  country: 'Country',
  signup_date: 'Customer since',
}

export const METHOD_NAMES: Record<Shapes['SurvivorshipRule']['methods'][number], string> = {
  agreement: 'What most records agree on',
  'most recent': 'What changed last',
  source: 'The order of sources',
  longest: 'The longest value',
  earliest: 'The earliest value',
}

export const RELATION_NAMES: Record<Shapes['GoldenSource']['relation'], string> = {
  chosen: 'shown',
  agrees: 'same',
  differs: 'different',
  nothing: 'no value',
}

export const MADE_BY: Record<Shapes['Move']['made_by'], string> = {
  user: 'Command line',
  run: 'Comparison of all records',
  arrival: 'On import',
}

export const MODEL_NAMES: Record<Shapes['MatchModel']['kind'], string> = {
  person: 'Model for people',
  company: 'Model for companies',
}

export const MODEL_STATES: Record<Shapes['MatchModel']['state'], string> = {
  proposed: 'Waiting for approval',
  served: 'In use',
  refused: 'Refused',
  replaced: 'Replaced',
}

export const RUN_STATES: Record<Shapes['MatchRun']['state'], string> = {
  running: 'Running',
  finished: 'Finished',
  failed: 'Failed',
}

/** The figures of a comparison of all records, in the order in which they are shown. */
const COUNT_NAMES: Record<string, string> = {
  records: 'records',
  compared_records: 'records with values to compare',
  records_changed: 'new or changed records',
  pairs_person: 'pairs of people compared',
  pairs_company: 'pairs of companies compared',
  customers_merged: 'customers merged',
  splits: 'splits',
  reviews: 'pairs to review',
  relations: 'relations',
}

/** "294,000 records, 1,204 customers merged": the figures of a comparison that have a name. */
export const listCounts = (counts: Record<string, unknown>) =>
  Object.entries(COUNT_NAMES)
    .flatMap(([key, name]) => (typeof counts[key] === 'number' ? [`${count(counts[key])} ${name}`] : []))
    .join(', ')
