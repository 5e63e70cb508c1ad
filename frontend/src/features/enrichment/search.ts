import { integer, oneOf, type SearchOf, searchParser } from '@/ui/searchParams'

const SHAPE = {
  state: oneOf(['open', 'accepted', 'refused']),
  field: oneOf([
    'phone',
    'website',
    'opening_hours',
    'category',
    'coordinates',
    'company_number',
    'lei',
    'parent',
    'address',
    'country',
  ]),
  source: oneOf(['companies-house', 'gleif', 'overture', 'osm', 'website']),
  after: integer,
}

export type ProposalSearch = SearchOf<typeof SHAPE>
/** `after`: the proposal that the page begins behind. */
export const parseProposals = searchParser(SHAPE)
