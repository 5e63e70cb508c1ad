import { reader, whole } from '@/components/search'

/** `run`: the run that is open; `job`: the refresh somebody has started here; `page`: of the history. */
export const parseRuns = reader({ run: whole, job: whole, page: whole })
