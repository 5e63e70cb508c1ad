/** The paths of the API: generated from its description, and those still to come in the form openapi-fetch reads. */
import type { paths as Described } from './schema'
import type * as S from './shapes'

type Query = Record<string, string | number | boolean | undefined>
type Responses<Out> = {
  200: { content: { 'application/json': Out } }
  default: { content: { 'application/problem+json': S.ProblemBody } }
}
type Parameters<Path> = Path extends string
  ? { parameters: { path: Record<Path, string | number>; query?: Query } }
  : { parameters: { query?: Query } }
type Get<Out, Path = null> = Parameters<Path> & { responses: Responses<Out> }
type Send<In, Out, Path = null> = Parameters<Path> & {
  requestBody: { content: { 'application/json': In } }
  responses: Responses<Out>
}
type Act<Out, Path = null> = Parameters<Path> & { requestBody?: never; responses: Responses<Out> }

interface Coming {
  '/api/status': { get: Get<S.Status> }
  '/api/assignees': { get: Get<{ data: S.Owner[] }> }
  '/api/api-keys': { get: Get<{ data: S.OwnedApiKey[]; total: number }> }
  '/api/imports': { get: Get<S.Page<S.Import>> }
  '/api/imports/{import_id}': {
    get: Get<S.ImportKnown, 'import_id'>
    delete: Act<{ state: 'deleted' | 'cancelling' }, 'import_id'>
  }
  '/api/imports/{import_id}/mapping': { put: Send<S.FileMapping, S.Import, 'import_id'> }
  '/api/imports/{import_id}/commit': { post: Send<{ max_rejected: number; refresh: boolean }, S.Import, 'import_id'> }
  '/api/batches': { get: Get<S.Page<S.Batch>> }
  '/api/batches/{batch_id}/undo': { post: Send<{ with_later: boolean; refresh: boolean }, S.Job, 'batch_id'> }
  '/api/runs': {
    get: Get<S.Page<S.Run>>
    post: Send<{ predict: boolean; train: 'when due' | 'always' | 'never' }, S.Job>
  }
  '/api/runs/{run_id}': { get: Get<S.Run, 'run_id'> }
  '/api/runs/{run_id}/publish': { post: Act<S.Run, 'run_id'> }
  '/api/jobs/{job_id}': { get: Get<S.Job, 'job_id'> }
}

export type paths = Described & Coming
