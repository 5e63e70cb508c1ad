import { reader, whole } from '@/components/search'

/** `import`: the file being brought in; `page`: of the loads. */
export const parseImport = reader({ import: whole, page: whole })
