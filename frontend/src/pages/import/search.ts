import { integer, searchParser } from '@/ui/searchParams'

/** `import`: the file being brought in; `page`: of the loads. */
export const parseImport = searchParser({ import: integer, page: integer })
