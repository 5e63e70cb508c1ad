import { keepPreviousData, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { api, read } from '@/api/client'
import type { components } from '@/api/schema'
import { plural } from '@/ui/format'
import { showError, showToast } from '@/ui/toasts'
import { DECIDED } from './names'

type Shapes = components['schemas']
export type Verdict = Shapes['NewDecision']['verdict']
export type Why = Shapes['OpenReview']['why']
export type OpenReview = Shapes['OpenReview']
export type Review = Shapes['Review']
export type ReviewedRecord = Shapes['ReviewedRecord']
export type PairEvidence = Shapes['PairEvidence']
export type MergePreview = Shapes['MergePreview']
export type SplitPreview = Shapes['SplitPreview']
export type CustomerIdentity = Shapes['CustomerIdentity']
export type Move = Shapes['Move']
export type MatchModel = Shapes['MatchModel']
export type MatchingQuality = Shapes['MatchingQuality']

export type SurvivorshipRule = Shapes['SurvivorshipRule']
export type SurvivorshipRules = Shapes['SurvivorshipRuleList']
export type ChangedValue = Shapes['ChangedValue']
export type NewRule = Pick<SurvivorshipRule, 'field_group' | 'methods' | 'sources'>

export interface ReviewFilters {
  why?: Why | undefined
  pattern?: string | undefined
  min_value?: number | undefined
  min_days?: number | undefined
}

export const PAIRS_A_PAGE = 50

/** Under one key, because each merge, split and decision changes all of them. */
export const identityQueries = {
  reviews: (filters: ReviewFilters, page: number) =>
    queryOptions({
      queryKey: ['identity', 'reviews', filters, page],
      queryFn: ({ signal }) =>
        read(
          api.GET('/api/identity/reviews', { params: { query: { ...filters, page, limit: PAIRS_A_PAGE } }, signal }),
        ),
      placeholderData: keepPreviousData,
    }),
  review: (review_id: number) =>
    queryOptions({
      queryKey: ['identity', 'review', review_id],
      queryFn: ({ signal }) =>
        read(api.GET('/api/identity/reviews/{review_id}', { params: { path: { review_id } }, signal })),
    }),
  decisions: (page: number) =>
    queryOptions({
      queryKey: ['identity', 'decisions', page],
      queryFn: ({ signal }) =>
        read(api.GET('/api/identity/decisions', { params: { query: { page, limit: PAIRS_A_PAGE } }, signal })),
      placeholderData: keepPreviousData,
    }),
  quality: () =>
    queryOptions({
      queryKey: ['identity', 'quality'],
      queryFn: ({ signal }) => read(api.GET('/api/identity/quality', { signal })),
    }),
  runs: () =>
    queryOptions({
      queryKey: ['identity', 'runs'],
      queryFn: ({ signal }) => read(api.GET('/api/identity/runs', { signal })),
    }),
  models: () =>
    queryOptions({
      queryKey: ['identity', 'models'],
      queryFn: ({ signal }) => read(api.GET('/api/identity/models', { signal })),
    }),
  completeness: () =>
    queryOptions({
      queryKey: ['identity', 'completeness'],
      queryFn: ({ signal }) => read(api.GET('/api/completeness', { signal })),
    }),
  rules: () =>
    queryOptions({
      queryKey: ['identity', 'rules'],
      queryFn: ({ signal }) => read(api.GET('/api/identity/survivorship-rules', { signal })),
    }),
  rulesPreview: (rules: NewRule[]) =>
    queryOptions({
      queryKey: ['identity', 'rules-preview', rules],
      queryFn: ({ signal }) =>
        read(
          api.PUT('/api/identity/survivorship-rules', {
            params: { query: { dry_run: true } },
            body: { rules },
            signal,
          }),
        ),
      gcTime: 0,
    }),
  explanation: (a: string, b: string) =>
    queryOptions({
      queryKey: ['identity', 'explain', a, b],
      queryFn: ({ signal }) => read(api.GET('/api/identity/explain', { params: { query: { a, b } }, signal })),
    }),
  mergePreview: (customer_ids: string[]) =>
    queryOptions({
      queryKey: ['identity', 'merge-preview', customer_ids],
      queryFn: ({ signal }) => read(api.POST('/api/identity/merge-preview', { body: { customer_ids }, signal })),
      placeholderData: keepPreviousData,
    }),
  splitPreview: (customer_id: string, record_ids: number[]) =>
    queryOptions({
      queryKey: ['identity', 'split-preview', customer_id, record_ids],
      queryFn: ({ signal }) =>
        read(api.POST('/api/identity/split-preview', { body: { customer_id, record_ids }, signal })),
      placeholderData: keepPreviousData,
    }),
  customer: (id: string) =>
    queryOptions({
      queryKey: ['customer', id, 'identity'],
      queryFn: ({ signal }) =>
        read(api.GET('/api/customers/{customer_id}/identity', { params: { path: { customer_id: id } }, signal })),
    }),
}

/** Applies survivorship rules; the undo applies those that were there before. */
export function useSurvivorship() {
  const queryClient = useQueryClient()
  const onSettled = () => {
    for (const key of ['identity', 'customer', 'customers']) void queryClient.invalidateQueries({ queryKey: [key] })
  }
  const put = (rules: NewRule[]) => read(api.PUT('/api/identity/survivorship-rules', { body: { rules } }))
  const undo = useMutation({
    mutationFn: put,
    onSuccess: () => showToast('Undone', { tone: 'good' }),
    onError: showError,
    onSettled,
  })
  return useMutation({
    mutationFn: ({ rules }: { rules: NewRule[]; before: NewRule[] }) => put(rules),
    onSuccess: (done, { before }) => showToast(done.sentence, { tone: 'good', undo: () => undo.mutate(before) }),
    onSettled,
  })
}

/** Merges, splits, decisions and their undo; each says what it did, with Undo. */
export function useIdentity() {
  const queryClient = useQueryClient()
  const refresh = () => {
    for (const key of ['identity', 'customer', 'customers']) void queryClient.invalidateQueries({ queryKey: [key] })
  }
  const undoMove = useMutation({
    mutationFn: (move_id: number) =>
      read(api.POST('/api/identity/moves/{move_id}/undo', { params: { path: { move_id } } })),
    onSuccess: () => showToast('Undone', { tone: 'good' }),
    onError: showError,
    onSettled: refresh,
  })
  const undoDecisions = useMutation({
    mutationFn: (decision_ids: number[]) => read(api.POST('/api/identity/decisions/undo', { body: { decision_ids } })),
    onSuccess: done => showToast(`${plural(done.decision_ids.length, 'decision')} undone`, { tone: 'good' }),
    onError: showError,
    onSettled: refresh,
  })
  const merge = useMutation({
    mutationFn: (customer_ids: string[]) => read(api.POST('/api/identity/merges', { body: { customer_ids } })),
    onSuccess: done =>
      showToast(`${done.merged_ids.join(', ')} merged into ${done.customer_id}`, {
        tone: 'good',
        undo: () => undoMove.mutate(done.move_id),
      }),
    onSettled: refresh,
  })
  const split = useMutation({
    mutationFn: (body: { customer_id: string; record_ids: number[] }) =>
      read(api.POST('/api/identity/splits', { body })),
    onSuccess: done =>
      showToast(`Split off as ${done.new_customer_id}`, { tone: 'good', undo: () => undoMove.mutate(done.move_id) }),
    onSettled: refresh,
  })
  const decide = useMutation({
    mutationFn: ({ review_id, verdict }: { review_id: number; verdict: Verdict }) =>
      read(
        api.POST('/api/identity/reviews/{review_id}/decision', { params: { path: { review_id } }, body: { verdict } }),
      ),
    onSuccess: (done, { verdict }) =>
      showToast(DECIDED[verdict], { undo: () => undoDecisions.mutate([done.decision_id]) }),
    onError: showError,
    onSettled: refresh,
  })
  const decideTogether = useMutation({
    mutationFn: (body: { pattern: string; why: Why; verdict: Verdict; expected: number }) =>
      read(api.POST('/api/identity/reviews/decisions', { body })),
    onSuccess: done =>
      showToast(`${plural(done.data.length, 'pair')}: ${DECIDED[done.verdict].toLowerCase()}`, {
        undo: () => undoDecisions.mutate(done.data.map(each => each.decision_id)),
      }),
    onSettled: refresh,
  })
  return { merge, split, undoMove, decide, decideTogether, undoDecisions }
}
