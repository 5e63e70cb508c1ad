/** The paths of the API with what goes in and out, in the form openapi-fetch reads. */
import type * as S from './shapes'

type Query = Record<string, string | number | boolean | undefined>
type Responses<Out> = {
  200: { content: { 'application/json': Out } }
  default: { content: { 'application/problem+json': S.ProblemBody } }
}
type Parameters<Path, Search> = Path extends string
  ? { parameters: { path: Record<Path, string | number>; query?: Search } }
  : { parameters: { query?: Search } }
type Get<Out, Path = null> = Parameters<Path, Query> & { responses: Responses<Out> }
type Send<In, Out, Path = null> = Parameters<Path, Query> & {
  requestBody: { content: { 'application/json': In } }
  responses: Responses<Out>
}
type Act<Out, Path = null> = Parameters<Path, Query> & { requestBody?: never; responses: Responses<Out> }
type Nothing = Record<string, never>

export interface paths {
  '/api/auth/sign-in': { post: Send<{ email: string; password: string }, S.SignInAnswer> }
  '/api/auth/second-factor': { post: Send<{ ticket: string; code?: string; recovery_code?: string }, S.SignedIn> }
  '/api/auth/link': { post: Send<{ token: string; password?: string }, S.SignInAnswer> }
  '/api/auth/refresh': { post: Act<S.SignedIn> }
  '/api/auth/sign-out': { post: Act<Nothing> }
  '/api/auth/step-up': { post: Send<{ code?: string; password?: string }, { access_token: string }> }
  '/api/auth/passkey/options': { post: Act<{ options: unknown; ticket: string }> }
  '/api/auth/passkey': { post: Send<{ ticket: string; credential: unknown }, S.SignedIn> }
  '/api/auth/oidc': { get: Get<{ data: { name: string; label: string }[] }> }

  '/api/me': { get: Get<S.User>; patch: Send<{ name?: string; preferences?: S.User['preferences'] }, S.User> }
  '/api/me/password': { post: Send<{ current: string; password: string }, Nothing> }
  '/api/me/totp': {
    post: Act<{ secret: string; uri: string; qr?: string }>
    put: Send<{ code: string }, { recovery_codes: string[] }>
    delete: Act<Nothing>
  }
  '/api/me/recovery-codes': { post: Act<{ recovery_codes: string[] }> }
  '/api/me/sessions': { get: Get<{ data: S.Session[] }> }
  '/api/me/sessions/{id}': { delete: Act<Nothing, 'id'> }
  '/api/me/passkeys': {
    get: Get<{ data: S.Passkey[] }>
    post: Send<{ ticket: string; credential: unknown; name: string }, S.Passkey>
  }
  '/api/me/passkeys/options': { post: Act<{ options: unknown; ticket: string }> }
  '/api/me/passkeys/{id}': { delete: Act<Nothing, 'id'> }
  '/api/me/api-keys': {
    get: Get<{ data: S.ApiKey[] }>
    post: Send<{ name: string; scopes: string[]; expires_at: string | null }, S.ApiKey & { key: string }>
  }
  '/api/me/api-keys/{id}': { delete: Act<Nothing, 'id'> }

  '/api/users': {
    get: Get<S.Page<S.Account>>
    post: Send<{ name: string; email: string; roles: string[]; team_id: number | null }, S.Account & { link: string }>
  }
  '/api/users/{id}': {
    get: Get<S.Account, 'id'>
    patch: Send<{ name?: string; roles?: string[]; team_id?: number | null; disabled?: boolean }, S.Account, 'id'>
  }
  '/api/users/{id}/reset': { post: Act<{ link: string }, 'id'> }
  '/api/roles': { get: Get<{ data: S.Role[] }> }
  '/api/teams': {
    get: Get<{ data: { team_id: number; name: string }[] }>
    post: Send<{ name: string }, { team_id: number; name: string }>
  }
  '/api/audit': { get: Get<S.Page<S.AuditEntry>> }
  '/api/audit/verify': { get: Get<{ intact: boolean; entries: number; sentence: string }> }

  '/api/status': { get: Get<S.Status> }
  '/api/kpis': { get: Get<{ data: S.Kpi[]; meta: S.Meta }> }
  '/api/customers': { get: Get<S.Page<S.CustomerRow>> }
  '/api/customers/{id}': { get: Get<S.Customer, 'id'> }
  '/api/customers/{id}/calculation': { get: Get<S.Calculation, 'id'> }
  '/api/customers/{id}/orders': { get: Get<S.Page<S.Order>, 'id'> }
  '/api/customers/{id}/history': { get: Get<{ customer_id: string; scores: S.HistoryScore[]; meta: S.Meta }, 'id'> }
  '/api/customers/{id}/products': { get: Get<S.Page<S.BoughtProduct>, 'id'> }
  '/api/customers/{id}/contact/reveal': { post: Send<{ fields?: string[] }, S.Contact, 'id'> }
  '/api/customers/{id}/erase': { post: Act<Nothing, 'id'> }
  '/api/customers/{id}/owner': { put: Send<{ user_id: number | null }, Nothing, 'id'> }
  '/api/assignees': { get: Get<{ data: S.Owner[] }> }
  '/api/assignments': { post: Send<{ customer_ids: string[]; user_id: number | null }, { assigned: number }> }

  '/api/calls/today': { get: Get<S.CallList> }
  '/api/calls': {
    get: Get<S.Page<S.Call>>
    post: Send<{ customer_id: string; outcome: S.Outcome; note?: string; snooze_until?: string }, S.Call>
  }
  '/api/calls/{id}/undo': { post: Act<Nothing, 'id'> }
  '/api/snoozes': { post: Send<{ customer_ids: string[]; until: string }, { snooze_ids: number[] }> }
  '/api/snoozes/{id}': { delete: Act<Nothing, 'id'> }
  '/api/views': {
    get: Get<{ data: S.SavedView[] }>
    post: Send<Omit<S.SavedView, 'view_id'>, S.SavedView>
  }
  '/api/views/{id}': { put: Send<Omit<S.SavedView, 'view_id'>, S.SavedView, 'id'>; delete: Act<Nothing, 'id'> }

  '/api/segments': { get: Get<{ data: S.SegmentRow[]; meta: S.Meta }> }
  '/api/segments/grid': { get: Get<{ data: S.GridCell[]; meta: S.Meta }> }
  '/api/segments/movement': {
    get: Get<{ data: S.Movement[]; since: { run_id: number; as_of: string } | null; meta: S.Meta }>
  }
  '/api/segments/rules': {
    get: Get<{ data: S.Rule[]; version: number }>
    put: Send<{ rules: S.Rule[] }, { data: S.Rule[]; version: number }>
  }
  '/api/segments/rules/preview': {
    post: Send<
      { rules: S.Rule[] },
      { data: { segment: string; customers: number; now: number }[]; wrong: string[]; meta: S.Meta }
    >
  }
  '/api/distributions/{axis}': { get: Get<S.Distribution, 'axis'> }
  '/api/models': { get: Get<{ data: S.Model[]; meta: S.Meta }> }
  '/api/models/{id}': { get: Get<S.Model & { card: Record<string, unknown> }, 'id'> }
  '/api/models/{id}/backtests': {
    get: Get<{ data: S.BacktestRow[]; confusion: S.Confusion | null; meta: S.Meta }, 'id'>
  }
  '/api/models/{id}/calibration': { get: Get<{ data: S.CalibrationRow[]; meta: S.Meta }, 'id'> }
  '/api/models/{id}/lift': { get: Get<{ data: S.LiftRow[]; meta: S.Meta }, 'id'> }
  '/api/models/{id}/threshold': { get: Get<{ data: S.ThresholdRow[]; served: number; meta: S.Meta }, 'id'> }
  '/api/models/{task}/rollback': { post: Act<Nothing, 'task'> }
  '/api/receipts': { get: Get<{ data: S.Receipt[]; meta: S.Meta }> }
  '/api/targets': { get: Get<{ data: S.Target[]; meta: S.Meta }> }
  '/api/forecast': {
    get: Get<{
      data: S.ForecastRow[]
      accuracy: { months: number; value: number; sentence: string } | null
      meta: S.Meta
    }>
  }
  '/api/sales': { get: Get<{ data: S.SalesRow[]; meta: S.Meta }> }
  '/api/lines/classes': { get: Get<{ data: S.LineClass[]; meta: S.Meta }> }

  '/api/imports': { get: Get<S.Page<S.ImportJob>> }
  '/api/imports/{id}': { get: Get<S.ImportJob, 'id'>; delete: Act<Nothing, 'id'> }
  '/api/imports/{id}/mapping': { put: Send<{ mapping: Record<string, string> }, S.ImportJob, 'id'> }
  '/api/imports/{id}/commit': { post: Act<S.ImportJob, 'id'> }
  '/api/batches': { get: Get<S.Page<S.Batch>> }
  '/api/batches/{id}/rejects': { get: Get<S.Page<S.ImportJob['rejects'][number]>, 'id'> }
  '/api/batches/{id}/undo': { post: Act<Nothing, 'id'> }
  '/api/runs': { get: Get<S.Page<S.Run>>; post: Send<{ as_of?: string }, { run_id: number | null; job_id: number }> }
  '/api/runs/{id}/publish': { post: Act<S.Run, 'id'> }
}
