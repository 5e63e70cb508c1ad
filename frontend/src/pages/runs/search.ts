import { integer, searchParser } from '@/ui/searchParams'

/** `run`: the run that is open; `job`: the refresh somebody has started here; `page`: of the history. */
export const parseRuns = searchParser({ run: integer, job: integer, page: integer })
