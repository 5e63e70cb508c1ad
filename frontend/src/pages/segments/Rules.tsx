import { ActionIcon, Button, NativeSelect, TextInput } from '@mantine/core'
import '@/ui/theme/inputs'
import { useDebouncedValue } from '@mantine/hooks'
import { IconArrowDown, IconArrowUp, IconPlus, IconTrash } from '@tabler/icons-react'
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, Problem, read } from '@/api/client'
import { queries } from '@/api/queries'
import type { Rule } from '@/api/shapes'
import { usePermissions } from '@/api/useSession'
import { SegmentBadge } from '@/features/customer/SegmentBadge'
import { count, NO_VALUE } from '@/ui/format'
import { Card } from '@/ui/Page'
import { Loading, QueryState } from '@/ui/states'
import { showError, showToast } from '@/ui/toasts'
import css from './Segments.module.css'

/** The segment rules; the first match wins. With permission, edit them with a live preview of the customers in each. */
export function Rules() {
  const query = useQuery(queries.rules())
  return (
    <QueryState query={query} loading={<Loading rows={6} height={56} />}>
      {book => <Editor key={book.version} rules={book.data as Rule[]} sentence={book.sentence} />}
    </QueryState>
  )
}

type Draft = Rule & { key: number }
let lastKey = 0
const toDrafts = (rules: Rule[]): Draft[] => rules.map(rule => ({ ...rule, key: ++lastKey }))
const toRules = (drafts: Draft[]): Rule[] => drafts.map(({ key: _key, ...rule }) => rule)

function Editor({ rules, sentence }: { rules: Rule[]; sentence: string | null }) {
  const canWrite = usePermissions()('segments.write')
  const queryClient = useQueryClient()
  const [drafts, setDrafts] = useState(() => toDrafts(rules))
  const [settled] = useDebouncedValue(drafts, 250)
  const now = toRules(settled)
  const preview = useQuery({
    queryKey: ['segments', 'preview', now],
    queryFn: ({ signal }) => read(api.POST('/api/segments/rules/preview', { body: { rules: now }, signal })),
    enabled: canWrite,
    placeholderData: keepPreviousData,
    retry: false,
  })
  const save = useMutation({
    mutationFn: () => read(api.PUT('/api/segments/rules', { body: { rules: toRules(drafts) } })),
    onSuccess: book => {
      queryClient.setQueryData(['segments', 'rules'], book)
      showToast('Rules saved. They take effect with the next update.', { tone: 'good' })
    },
    onError: showError,
  })
  const isChanged = JSON.stringify(toRules(drafts)) !== JSON.stringify(rules)
  const counts = new Map(preview.data?.data.map(row => [row.segment, row]))
  const isScored = !(preview.error instanceof Problem && preview.error.code === 'nothing_published')
  const problems = preview.error && isScored ? [preview.error.message] : (preview.data?.wrong ?? [])

  function change(key: number, part: Partial<Rule>) {
    setDrafts(all => all.map(rule => (rule.key === key ? { ...rule, ...part } : rule)))
  }
  function move(place: number, step: 1 | -1) {
    setDrafts(all => {
      const next = [...all]
      const [rule] = next.splice(place, 1)
      if (rule) next.splice(place + step, 0, rule)
      return next
    })
  }

  return (
    <Card
      title="Rules"
      note={sentence ?? 'Each customer gets the first segment whose rule matches their scores.'}
      actions={
        canWrite && (
          <>
            {isChanged && (
              <Button variant="subtle" onClick={() => setDrafts(toDrafts(rules))}>
                Discard
              </Button>
            )}
            <Button
              disabled={!isChanged || problems.length > 0 || preview.isFetching}
              loading={save.isPending}
              onClick={() => save.mutate()}
            >
              Save
            </Button>
          </>
        )
      }
    >
      <ul className={css.problems} aria-live="polite">
        {problems.map(each => (
          <li key={each}>{each}</li>
        ))}
      </ul>
      <ol className={css.rules}>
        {drafts.map((rule, place) => (
          <li key={rule.key} className={css.rule}>
            {canWrite ? (
              <TextInput
                aria-label="Segment name"
                dir="auto"
                maxLength={60}
                value={rule.name}
                onChange={event => change(rule.key, { name: event.currentTarget.value })}
                className={css.ruleName}
              />
            ) : (
              <span className={css.ruleName}>
                <SegmentBadge segment={rule.name} />
              </span>
            )}
            <div className={css.ranges}>
              {(['r', 'f', 'm'] as const).map(axis => (
                <ScoreRange
                  key={axis}
                  axis={axis}
                  span={rule[axis]}
                  canWrite={canWrite}
                  onChange={span => change(rule.key, { [axis]: span })}
                />
              ))}
            </div>
            {canWrite ? (
              <TextInput
                aria-label="Recommended action"
                maxLength={400}
                value={rule.advice}
                onChange={event => change(rule.key, { advice: event.currentTarget.value })}
                className={css.advice}
              />
            ) : (
              <p className={css.advice}>{rule.advice}</p>
            )}
            {canWrite && (
              <>
                <span className={css.preview}>
                  <strong>{preview.data ? count(counts.get(rule.name)?.customers ?? 0) : NO_VALUE}</strong>
                  <span>now {preview.data ? count(counts.get(rule.name)?.now ?? 0) : NO_VALUE}</span>
                </span>
                <span className={css.moves}>
                  <ActionIcon
                    aria-label={`Move ${rule.name} up`}
                    disabled={place === 0}
                    onClick={() => move(place, -1)}
                  >
                    <IconArrowUp size={16} />
                  </ActionIcon>
                  <ActionIcon
                    aria-label={`Move ${rule.name} down`}
                    disabled={place === drafts.length - 1}
                    onClick={() => move(place, 1)}
                  >
                    <IconArrowDown size={16} />
                  </ActionIcon>
                  <ActionIcon
                    aria-label={`Remove ${rule.name}`}
                    onClick={() => setDrafts(all => all.filter(each => each.key !== rule.key))}
                  >
                    <IconTrash size={16} />
                  </ActionIcon>
                </span>
              </>
            )}
          </li>
        ))}
      </ol>
      {canWrite && (
        <Button
          variant="default"
          leftSection={<IconPlus size={16} aria-hidden />}
          onClick={() =>
            setDrafts(all => [
              ...all,
              {
                key: ++lastKey,
                name: 'New segment',
                r: [1, 5],
                f: [1, 5],
                m: [1, 5],
                advice: 'Describe the recommended action.',
              },
            ])
          }
        >
          Add a rule
        </Button>
      )}
    </Card>
  )
}

const SCORES = ['1', '2', '3', '4', '5']
const AXIS_NAMES = { r: 'Recency', f: 'Frequency', m: 'Monetary' }
type Range = Rule['r']

function ScoreRange({
  axis,
  span,
  canWrite,
  onChange,
}: {
  axis: 'r' | 'f' | 'm'
  span: Range
  canWrite: boolean
  onChange: (span: Range) => void
}) {
  const [low, high] = span as [number, number]
  if (!canWrite)
    return (
      <span className={css.range}>
        {AXIS_NAMES[axis]} {low === high ? low : `${low} to ${high}`}
      </span>
    )
  return (
    <fieldset className={css.range}>
      <legend className="only-read">{AXIS_NAMES[axis]}</legend>
      <span aria-hidden>{axis.toUpperCase()}</span>
      <NativeSelect
        aria-label={`${AXIS_NAMES[axis]} from`}
        data={SCORES}
        value={String(low)}
        onChange={event =>
          onChange([Number(event.currentTarget.value), Math.max(high, Number(event.currentTarget.value))] as Range)
        }
      />
      <NativeSelect
        aria-label={`${AXIS_NAMES[axis]} to`}
        data={SCORES}
        value={String(high)}
        onChange={event =>
          onChange([Math.min(low, Number(event.currentTarget.value)), Number(event.currentTarget.value)] as Range)
        }
      />
    </fieldset>
  )
}
