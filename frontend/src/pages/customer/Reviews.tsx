import { useQuery } from '@tanstack/react-query'
import type { Customer } from '@/api/shapes'
import { Badge } from '@/ui/Badge'
import { day, plural } from '@/ui/format'
import { Card } from '@/ui/Page'
import { EmptyState, Loading, QueryState } from '@/ui/states'
import css from './Customer.module.css'
import { customerQueries, type Review } from './customerQueries'

const TONES = { positive: 'good', negative: 'bad', 'not sure': 'plain', 'not analysed': 'plain' } as const

/** What the customer wrote, the newest first, with the words that decided the sentiment. */
export function Reviews({ data }: { data: Customer }) {
  const query = useQuery(customerQueries.reviews(data.customer_id))
  return (
    <QueryState
      query={query}
      loading={<Loading rows={4} height={72} />}
      isEmpty={answer => answer.total === 0}
      empty={
        <EmptyState title="No reviews yet">
          Reviews and mentions of this customer appear here when a file of reviews is loaded or a source that has them
          is connected.
        </EmptyState>
      }
    >
      {answer => (
        <Card
          title={plural(answer.total, 'review')}
          note={
            answer.data.length < answer.total
              ? `The newest ${answer.data.length}. The sentiment is a guess about the words; English only`
              : 'Newest first. The sentiment is a guess about the words; English only'
          }
        >
          <ul className={css.reviews}>
            {answer.data.map(review => (
              <Written key={review.review_id} review={review} />
            ))}
          </ul>
        </Card>
      )}
    </QueryState>
  )
}

function Written({ review }: { review: Review }) {
  return (
    <li>
      <div className={css.reviewHead}>
        <Badge tone={TONES[review.sentiment]}>{review.sentiment}</Badge>
        {review.rating !== null && (
          <strong>
            {review.rating} of {review.best_rating}
          </strong>
        )}
        {review.product && <span>{review.product}</span>}
        <span className={css.dim}>
          {day(review.written_at.slice(0, 10))}, {review.kind} from {review.source}
        </span>
      </div>
      {review.text ? (
        <p dir="auto" className={css.reviewText}>
          {review.text}
        </p>
      ) : (
        <p className={css.dim}>{absence(review)}</p>
      )}
      {review.words.length > 0 && (
        <p className={css.dim}>
          Decided by {review.words.map(({ word, points }) => `“${word}” (${points > 0 ? '+' : '−'})`).join(', ')}
        </p>
      )}
      <details>
        <summary className={css.dim}>Source and terms</summary>
        <p className={css.dim}>
          {review.origin}. Terms: {review.licence}. Legal basis: {review.legal_basis}. Deleted after{' '}
          {day(review.retention_until)}. Sentiment by model {review.model_version}.
        </p>
      </details>
    </li>
  )
}

function absence({ has_text, erased_at }: Review): string {
  if (erased_at) return 'The text was erased.'
  return has_text ? 'Your role does not see texts.' : 'The text is not kept.'
}
