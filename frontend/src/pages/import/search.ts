import { reader, whole } from '@/components/search'

/** `import`: the file being brought in; `batch`: the load whose rejects are shown; `page`: of the loads. */
export const parseImport = reader({ import: whole, batch: whole, page: whole })
