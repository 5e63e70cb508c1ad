import { integer, type SearchOf, searchParser, text } from '@/ui/searchParams'

const SHAPE = {
  /** Only events of this type, of this customer, from this source. */
  type: text,
  customer: text,
  source: text,
  /** The event whose details are open. */
  event: integer,
}
export type ActivitySearch = SearchOf<typeof SHAPE>

export const parseActivity = searchParser(SHAPE)
