import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { Evidence } from '@/features/identity/Evidence'
import {
  identityQueries,
  type OpenReview,
  type Review,
  type ReviewedRecord,
  useIdentity,
  type Verdict,
} from '@/features/identity/identity'
import { Marked } from '@/features/identity/Marked'
import { VERDICT_NAMES, WHY_NAMES } from '@/features/identity/names'
import { Badge } from '@/ui/Badge'
import { ConfirmDialog } from '@/ui/ConfirmDialog'
import { country, dateTime, day, money, plural } from '@/ui/format'
import { Card } from '@/ui/Page'
import { useShortcuts } from '@/ui/shortcuts'
import { Loading, QueryState } from '@/ui/states'
import css from './Duplicates.module.css'

const ANSWERS: { verdict: Verdict; key: string }[] = [
  { verdict: 'same', key: 's' },
  { verdict: 'different', key: 'd' },
  { verdict: 'unsure', key: 'u' },
]
const MOST_TOGETHER = 1_000

interface Props {
  row: OpenReview
  currency: string | null | undefined
  onSkip: () => void
  onDecided: () => void
  onPattern: (() => void) | undefined
}

/** One pair side by side with its evidence, and the answers: by button or by key. */
export function ReviewPanel({ row, currency, onSkip, onDecided, onPattern }: Props) {
  const query = useQuery(identityQueries.review(row.review_id))
  const { decide, decideTogether } = useIdentity()
  const [together, setTogether] = useState<Verdict | null>(null)
  const answer = (verdict: Verdict) => {
    if (!decide.isPending) decide.mutate({ review_id: row.review_id, verdict }, { onSuccess: onDecided })
  }
  useShortcuts({
    ...Object.fromEntries(ANSWERS.map(({ verdict, key }) => [key, () => answer(verdict)])),
    k: onSkip,
  })
  const canDecideTogether = row.same_pattern > 1 && row.same_pattern <= MOST_TOGETHER
  return (
    <div className={css.panel}>
      <Card
        title="Are these the same customer?"
        note={`${money(row.value_at_stake, currency)} net revenue at stake`}
        actions={<Badge tone={row.why === 'pair' ? 'plain' : 'warn'}>{WHY_NAMES[row.why]}</Badge>}
      >
        <QueryState query={query} loading={<Loading rows={6} height={28} />}>
          {review => <SideBySide review={review} />}
        </QueryState>
        <div className={css.answers}>
          {ANSWERS.map(({ verdict, key }) => (
            <Button
              key={verdict}
              variant={verdict === 'same' ? 'filled' : 'default'}
              loading={decide.isPending && decide.variables.verdict === verdict}
              onClick={() => answer(verdict)}
              aria-keyshortcuts={key}
            >
              {VERDICT_NAMES[verdict]} <kbd className={css.key}>{key.toUpperCase()}</kbd>
            </Button>
          ))}
          <Button variant="subtle" onClick={onSkip} aria-keyshortcuts="k">
            Skip <kbd className={css.key}>K</kbd>
          </Button>
        </div>
        {row.same_pattern > 1 && (
          <p className={css.dim}>
            {plural(row.same_pattern, 'open pair')} have exactly this evidence.{' '}
            {onPattern && (
              <button type="button" className={css.link} onClick={onPattern}>
                Show them
              </button>
            )}
            {canDecideTogether && (
              <>
                {onPattern && ' · '}
                <button type="button" className={css.link} onClick={() => setTogether('same')}>
                  All same
                </button>{' '}
                ·{' '}
                <button type="button" className={css.link} onClick={() => setTogether('different')}>
                  All different
                </button>
              </>
            )}
          </p>
        )}
      </Card>
      {together && (
        <ConfirmDialog
          title={`Decide on ${plural(row.same_pattern, 'pair')} at once?`}
          action={together === 'same' ? `Merge ${plural(row.same_pattern, 'pair')}` : 'Keep them apart'}
          isBusy={decideTogether.isPending}
          error={decideTogether.error}
          onConfirm={() =>
            decideTogether.mutate(
              { pattern: row.pattern, why: row.why, verdict: together, expected: row.same_pattern },
              {
                onSuccess: () => {
                  setTogether(null)
                  onDecided()
                },
              },
            )
          }
          onClose={() => setTogether(null)}
        >
          <p>
            They all have this evidence: {row.evidence.toLowerCase()}.{' '}
            {together === 'same' ? 'The two customers in each pair become one.' : 'None of them will be merged.'} You
            can undo all of them together.
          </p>
        </ConfirmDialog>
      )}
    </div>
  )
}

const FIELDS: { label: string; value: (record: ReviewedRecord) => string | null; marked?: boolean }[] = [
  { label: 'Name', value: record => record.name, marked: true },
  { label: 'City', value: record => record.city, marked: true },
  { label: 'Region', value: record => record.region, marked: true },
  { label: 'Postcode', value: record => record.postcode, marked: true },
  { label: 'Country', value: record => record.country && country(record.country) },
  { label: 'Customer since', value: record => record.signup_date && day(record.signup_date) },
]

function SideBySide({ review }: { review: Review }) {
  const { a, b } = review
  const contact = review.evidence.evidence.filter(part => ['email', 'phone', 'address'].includes(part.comparison))
  const last = review.decisions[0]
  return (
    <>
      {review.why !== 'pair' && <p>{review.why_sentence}</p>}
      {last && (
        <p className={css.dim}>
          {last.user?.name ?? 'Someone'} decided on {dateTime(last.decided_at)}: {VERDICT_NAMES[last.verdict]}.
          {review.is_stale && ' Values have changed since.'}
        </p>
      )}
      {review.is_one_customer && (
        <p className={css.dim}>
          Both records belong to {a.customer_id} now. “Different” splits off {b.source} {b.source_key}.
        </p>
      )}
      <div className={css.scroll}>
        <table className={css.sides}>
          <caption className="only-read">Both records side by side; differing characters are marked</caption>
          <thead>
            <tr>
              <td />
              {[a, b].map(record => (
                <th key={record.record_id} scope="col">
                  {record.source} <span className={css.dim}>{record.source_key}</span>
                  <Link to="/customers/$id" params={{ id: record.customer_id }} className={css.id}>
                    {record.customer_id}
                  </Link>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {FIELDS.map(({ label, value, marked }) => {
              const [one, two] = [value(a), value(b)]
              if (!one && !two) return null
              return (
                <tr key={label} data-differs={(one && two && one !== two) || undefined}>
                  <th scope="row">{label}</th>
                  <td dir="auto">{one ? marked ? <Marked text={one} other={two} /> : one : <Missing />}</td>
                  <td dir="auto">{two ? marked ? <Marked text={two} other={one} /> : two : <Missing />}</td>
                </tr>
              )
            })}
            {contact.map(part => (
              <tr key={part.comparison} data-differs={part.says === 'different' || undefined}>
                <th scope="row">{part.label}</th>
                <td colSpan={2} className={css.both}>
                  {part.sentence}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Evidence evidence={review.evidence} />
    </>
  )
}

const Missing = () => <span className={css.dim}>not given</span>
