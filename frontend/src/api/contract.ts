/** The paths of the API, generated from its description by `npm run api` (also part of installing and of `check`). */
export type { paths } from './schema'
