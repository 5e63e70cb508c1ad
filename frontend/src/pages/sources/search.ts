import { searchParser, text } from '@/ui/searchParams'

/** `source`: the one whose syncs are shown. */
export const parseSources = searchParser({ source: text })

/** What QuickBooks or Facebook sent back with the browser: `state` begins with the name of the source. Read before the router sees the address: QuickBooks' company (realmId) is a long number. */
const given = new URLSearchParams(window.location.pathname === '/sources' ? window.location.search : '')
export const arrivedWith = { code: given.get('code'), state: given.get('state'), realm: given.get('realmId') }
