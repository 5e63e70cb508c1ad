/** The paths of the API, generated from its description. */
export type { paths } from './schema'
