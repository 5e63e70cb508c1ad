import { integer, searchParser } from '@/ui/searchParams'

/** `run`: the run whose details are open; `job`: the refresh started on this page; `page`: of the history. */
export const parseRuns = searchParser({ run: integer, job: integer, page: integer })
