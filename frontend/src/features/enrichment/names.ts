import type { paths } from '@/api/contract'

export type Value =
  paths['/api/customers/{customer_id}/enrichment']['get']['responses'][200]['content']['application/json']['data'][number]
export type Proposal =
  paths['/api/enrichment/proposals']['get']['responses'][200]['content']['application/json']['data'][number]

export const FIELD_NAMES: Record<Value['field'], string> = {
  phone: 'Phone',
  website: 'Website',
  opening_hours: 'Opening hours',
  category: 'Category',
  coordinates: 'Coordinates',
  company_number: 'Company number',
  lei: 'LEI',
  parent: 'Parent company',
  address: 'Address',
  country: 'Country',
}
export const SOURCE_NAMES: Record<Value['source'], string> = {
  'companies-house': 'Companies House',
  gleif: 'GLEIF',
  overture: 'Overture',
  osm: 'OpenStreetMap',
  website: 'Own website',
}
export const STATE_NAMES = { open: 'Open', accepted: 'Accepted', refused: 'Refused' } as const

/** A value in words; a dash where it may not be seen. */
export function describeValue(value: Value['value']): string {
  if (value === null) return '–'
  if (Array.isArray(value)) return value.join(', ')
  return typeof value === 'string' ? value : Object.values(value).filter(Boolean).join(', ')
}
