import { Button, Checkbox } from '@mantine/core'
import '@/ui/theme/inputs'
import { useDebouncedValue } from '@mantine/hooks'
import { IconPlus } from '@tabler/icons-react'
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { api, read } from '@/api/client'
import { queries } from '@/api/queries'
import type { AssignmentPreview, AssignmentRules } from '@/api/shapes'
import { useUser } from '@/api/useSession'
import { ConfirmDialog } from '@/ui/ConfirmDialog'
import { count, plural } from '@/ui/format'
import { Card, Page } from '@/ui/Page'
import { EmptyState, Loading, QueryState } from '@/ui/states'
import { showError, showToast } from '@/ui/toasts'
import css from './Assignment.module.css'
import { type Draft, isComplete, newDraft, toDrafts, toRules } from './drafts'
import { RuleEditor } from './RuleEditor'

/** Rules that assign customers without an owner, previewed with counts before they are applied. */
export default function Assignment() {
  const { scope, team_id } = useUser()
  const query = useQuery({ ...queries.assignmentRules(), enabled: scope === 'all' || team_id !== null })
  return (
    <Page
      title="Assignment rules"
      sentence={
        <>
          For{' '}
          <Link to="/customers" search={{ owner: 'unassigned' }}>
            customers without an owner
          </Link>
          . The first rule that matches a customer decides. Customers who have not ordered yet are assigned, too.
        </>
      }
    >
      {scope !== 'all' && team_id === null ? (
        <EmptyState title="You are not in a team yet">
          An administrator can add you to a team under Admin, Users. Then you can assign customers to its members.
        </EmptyState>
      ) : (
        <QueryState query={query} loading={<Loading rows={3} height={120} gap={16} />}>
          {saved => <Editor key={saved.saved_at ?? ''} saved={saved} />}
        </QueryState>
      )}
    </Page>
  )
}

function Editor({ saved }: { saved: AssignmentRules }) {
  const { scope } = useUser()
  const queryClient = useQueryClient()
  const assignees = useQuery(queries.assignees()).data?.data ?? []
  const [drafts, setDrafts] = useState<Draft[]>(() => toDrafts(saved.rules))
  const [automatic, setAutomatic] = useState(saved.automatic)
  const [isAsking, setAsking] = useState(false)
  const [settled] = useDebouncedValue(drafts, 300)
  const rules = toRules(drafts)
  const isChanged = automatic !== saved.automatic || JSON.stringify(rules) !== JSON.stringify(saved.rules)
  const canSave = drafts.every(isComplete)
  const preview = useQuery({
    queryKey: ['assignment-rules', 'preview', toRules(settled)],
    queryFn: ({ signal }) =>
      read(api.POST('/api/assignment-rules/preview', { body: { rules: toRules(settled) }, signal })),
    enabled: settled.every(isComplete),
    placeholderData: keepPreviousData,
    retry: false,
  })
  const save = useMutation({
    mutationFn: () => read(api.PUT('/api/assignment-rules', { body: { rules, automatic } })),
    onSuccess: () => {
      showToast('Rules saved', { tone: 'good' })
      return queryClient.invalidateQueries({ queryKey: ['assignment-rules'] })
    },
    onError: showError,
  })
  const refresh = () => queryClient.invalidateQueries()
  const apply = useMutation({
    mutationFn: async () => {
      if (isChanged) await read(api.PUT('/api/assignment-rules', { body: { rules, automatic } }))
      return read(api.POST('/api/assignment-rules/apply'))
    },
    onSuccess: ({ assignment_id, customers, users }) => {
      setAsking(false)
      const undo = () =>
        void read(api.POST('/api/assignments/{assignment_id}/undo', { params: { path: { assignment_id } } })).then(
          () => {
            showToast('Assignment undone')
            return refresh()
          },
          showError,
        )
      showToast(`Assigned ${plural(customers, 'customer')} to ${plural(users, 'user')}`, { tone: 'good', undo })
    },
    onSettled: refresh,
  })

  const change = (key: number, part: Partial<Draft>) =>
    setDrafts(all => all.map(draft => (draft.key === key ? { ...draft, ...part } : draft)))
  function move(place: number, step: 1 | -1) {
    const next = [...drafts]
    const [draft] = next.splice(place, 1)
    if (draft) next.splice(place + step, 0, draft)
    setDrafts(next)
  }
  const assigned = preview.data?.assigned ?? 0

  return (
    <>
      <Card
        title="Rules"
        note={
          scope === 'all'
            ? 'From top to bottom. After an update, the company’s rules are applied before those of the teams'
            : 'For your team, from top to bottom. After an update, the company’s rules are applied first'
        }
        actions={
          <>
            <Button
              variant="default"
              disabled={!isChanged || !canSave}
              loading={save.isPending}
              onClick={() => save.mutate()}
            >
              Save
            </Button>
            <Button disabled={!canSave || !assigned || preview.isFetching} onClick={() => setAsking(true)}>
              Assign {assigned ? plural(assigned, 'customer') : 'now'}
            </Button>
          </>
        }
      >
        <ol className={css.rules}>
          {drafts.map((draft, place) => (
            <RuleEditor
              key={draft.key}
              draft={draft}
              place={place}
              isLast={place === drafts.length - 1}
              options={saved.options}
              assignees={assignees}
              result={preview.data?.rules[place]}
              onChange={part => change(draft.key, part)}
              onMove={step => move(place, step)}
              onRemove={() => setDrafts(all => all.filter(each => each.key !== draft.key))}
            />
          ))}
        </ol>
        <Button
          variant="default"
          leftSection={<IconPlus size={16} aria-hidden />}
          onClick={() => setDrafts(all => [...all, newDraft()])}
        >
          Add a rule
        </Button>
        <p className={css.total} role="status">
          {preview.data && describe(preview.data)}
        </p>
        <Checkbox
          checked={automatic}
          onChange={event => setAutomatic(event.currentTarget.checked)}
          label="Also assign new customers after each update"
          description={
            saved.automatic && saved.saved_by
              ? `With the rights of ${saved.saved_by}, who saved these rules`
              : 'With the rights of the user who saves the rules'
          }
        />
      </Card>
      {isAsking && preview.data && (
        <ConfirmDialog
          title={`Assign ${plural(assigned, 'customer')}?`}
          action="Assign"
          isBusy={apply.isPending}
          error={apply.error}
          onConfirm={() => apply.mutate()}
          onClose={() => setAsking(false)}
        >
          <ul>
            {byUser(preview.data).map(({ name, customers }) => (
              <li key={name}>
                {name}: {plural(customers, 'customer')}
              </li>
            ))}
          </ul>
          <p>You can undo this.</p>
        </ConfirmDialog>
      )}
    </>
  )
}

function describe({ unassigned, assigned, unmatched }: AssignmentPreview): string {
  const full = unassigned - assigned - unmatched
  return [
    `${count(assigned)} of ${plural(unassigned, 'unassigned customer')} would be assigned`,
    unmatched && `${count(unmatched)} match no rule`,
    full && `${count(full)} match, but no one has capacity left`,
  ]
    .filter(Boolean)
    .join('. ')
}

/** How many customers each user gets over all rules. */
function byUser(preview: AssignmentPreview) {
  const total = new Map<string, number>()
  for (const { name, customers } of preview.rules.flatMap(rule => rule.users))
    total.set(name ?? '', (total.get(name ?? '') ?? 0) + customers)
  return [...total].map(([name, customers]) => ({ name, customers }))
}
