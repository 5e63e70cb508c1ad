import { reader, whole } from '@/components/search'

/** `run`: the run that is open; `page`: of the history. */
export const parseRuns = reader({ run: whole, page: whole })
