import type { Search } from '@/api/queries'
import { OUTCOMES } from '@/features/customer/engagement'
import { integer, isoDay, oneOf, type SearchOf, searchParser } from '@/ui/searchParams'

const SHAPE = {
  /** Whose calls; left out: a rep's own, otherwise the team's. */
  tab: oneOf(['mine', 'team']),
  caller: integer,
  outcome: oneOf(OUTCOMES.map(({ value }) => value)),
  from: isoDay,
  to: isoDay,
  page: integer,
}
export type CallLogSearch = SearchOf<typeof SHAPE>

export const parseCallLog = searchParser(SHAPE)

/** The calls the page asks for. */
export function toCallQuery({ tab, caller, ...rest }: CallLogSearch, isOwnScope: boolean): Search {
  const isMine = (tab ?? (isOwnScope ? 'mine' : 'team')) === 'mine'
  return { ...rest, caller: isMine ? 'me' : caller }
}
