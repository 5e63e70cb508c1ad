import { Button } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconHistory, IconPlus } from '@tabler/icons-react'
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, Problem, read } from '@/api/client'
import { queries } from '@/api/queries'
import type { Rule, RuleBook } from '@/api/shapes'
import { usePermissions } from '@/api/useSession'
import { lazyComponent } from '@/ui/lazyComponent'
import { Card } from '@/ui/Page'
import { Loading, QueryState } from '@/ui/states'
import { showError, showToast } from '@/ui/toasts'
import { isComplete } from './conditions'
import { RuleRow, RuleText } from './RuleRow'
import css from './Segments.module.css'

const RulesHistory = lazyComponent(() => import('./RulesHistory'))

/** The segment rules; the first match wins. With permission, edit them with a live preview of the customers in each. */
export function Rules() {
  const query = useQuery(queries.rules())
  const canWrite = usePermissions()('segments.write')
  return (
    <QueryState query={query} loading={<Loading rows={6} height={56} />}>
      {book => (canWrite ? <Editor key={book.version} book={book} /> : <RuleList book={book} />)}
    </QueryState>
  )
}

const MATCH = 'Each customer gets the first segment whose rule matches: scores within the ranges, all conditions met.'

function RuleList({ book }: { book: RuleBook }) {
  return (
    <Card title="Rules" note={book.sentence ?? MATCH} actions={<HistoryButton book={book} />}>
      <ol className={css.rules}>
        {(book.data as Rule[]).map(rule => (
          <RuleText key={rule.name} rule={rule} fields={book.fields} />
        ))}
      </ol>
    </Card>
  )
}

function HistoryButton({ book, onRestore }: { book: RuleBook; onRestore?: (version: number) => void }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <Button variant="subtle" leftSection={<IconHistory size={16} aria-hidden />} onClick={() => setOpen(true)}>
        History
      </Button>
      {isOpen && (
        <RulesHistory
          version={book.version}
          onClose={() => setOpen(false)}
          onRestore={
            onRestore &&
            (version => {
              setOpen(false)
              onRestore(version)
            })
          }
        />
      )}
    </>
  )
}

type Draft = Rule & { key: number }
let lastKey = 0
const toDrafts = (rules: Rule[]): Draft[] => rules.map(rule => ({ ...rule, key: ++lastKey }))
const toRules = (drafts: Draft[]): Rule[] => drafts.map(({ key: _key, ...rule }) => rule)

/** Saves rules, and goes back to an older version: the undo of a save. */
function useRuleChanges(version: number) {
  const queryClient = useQueryClient()
  const show = (book: RuleBook) => {
    queryClient.setQueryData(['segments', 'rules'], book)
    void queryClient.invalidateQueries({ queryKey: ['segments', 'history'] })
  }
  const restore = useMutation({
    mutationFn: (older: number) => read(api.POST('/api/segments/rules/restore', { body: { version: older } })),
    onSuccess: (book, older) => {
      show(book)
      showToast(`Version ${older} of the rules restored. It takes effect with the next update.`, {
        tone: 'good',
        undo: () => restore.mutate(version),
      })
    },
    onError: showError,
  })
  const save = useMutation({
    mutationFn: (rules: Rule[]) => read(api.PUT('/api/segments/rules', { body: { rules } })),
    onSuccess: book => {
      show(book)
      showToast('Rules saved. They take effect with the next update.', {
        tone: 'good',
        undo: () => restore.mutate(version),
      })
    },
    onError: showError,
  })
  return { save, restore }
}

function Editor({ book }: { book: RuleBook }) {
  const saved = book.data as Rule[]
  const [drafts, setDrafts] = useState(() => toDrafts(saved))
  const [settled] = useDebouncedValue(drafts, 250)
  const now = toRules(settled)
  const incomplete = now.filter(rule => !rule.conditions.every(isComplete))
  const preview = useQuery({
    queryKey: ['segments', 'preview', now],
    queryFn: ({ signal }) => read(api.POST('/api/segments/rules/preview', { body: { rules: now }, signal })),
    enabled: incomplete.length === 0,
    placeholderData: keepPreviousData,
    retry: false,
  })
  const { save, restore } = useRuleChanges(book.version)
  const isChanged = JSON.stringify(toRules(drafts)) !== JSON.stringify(saved)
  const counts = new Map(preview.data?.data.map(row => [row.segment, row]))
  const isScored = !(preview.error instanceof Problem && preview.error.code === 'nothing_published')
  const problems = incomplete.length
    ? incomplete.map(rule => `${rule.name}: give every condition a value.`)
    : preview.error && isScored
      ? [preview.error.message]
      : (preview.data?.wrong ?? [])
  const warnings = preview.data?.warnings ?? book.warnings

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
      note={book.sentence ?? MATCH}
      actions={
        <>
          <HistoryButton book={book} onRestore={version => restore.mutate(version)} />
          {isChanged && (
            <Button variant="subtle" onClick={() => setDrafts(toDrafts(saved))}>
              Discard
            </Button>
          )}
          <Button
            disabled={!isChanged || problems.length > 0 || preview.isFetching}
            loading={save.isPending}
            onClick={() => save.mutate(toRules(drafts))}
          >
            Save
          </Button>
        </>
      }
    >
      <ul className={css.problems} aria-live="polite">
        {[...problems, ...warnings].map(each => (
          <li key={each}>{each}</li>
        ))}
      </ul>
      <ol className={css.rules}>
        {drafts.map((rule, place) => (
          <RuleRow
            key={rule.key}
            rule={rule}
            fields={book.fields}
            counted={preview.data && (counts.get(rule.name) ?? { customers: 0, now: 0 })}
            isFirst={place === 0}
            isLast={place === drafts.length - 1}
            onChange={part => change(rule.key, part)}
            onMove={step => move(place, step)}
            onRemove={() => setDrafts(all => all.filter(each => each.key !== rule.key))}
          />
        ))}
      </ol>
      <Button
        variant="default"
        leftSection={<IconPlus size={16} aria-hidden />}
        onClick={() => setDrafts(all => [newRule(), ...all])}
      >
        Add a rule
      </Button>
    </Card>
  )
}

/** A rule at the top, where it can match: for customers with at least ten orders until it is changed. */
function newRule(): Draft {
  return {
    key: ++lastKey,
    name: 'New segment',
    r: [1, 5],
    f: [1, 5],
    m: [1, 5],
    conditions: [{ field: 'frequency', operator: 'at_least', value: 10 }],
    advice: 'Describe the recommended action.',
  }
}
