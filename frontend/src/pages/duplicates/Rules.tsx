import { Button } from '@mantine/core'
import { IconChevronRight } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { usePermissions } from '@/api/useSession'
import {
  identityQueries,
  type NewRule,
  type SurvivorshipRule,
  type SurvivorshipRules,
} from '@/features/identity/identity'
import { FIELD_NAMES, METHOD_NAMES } from '@/features/identity/names'
import { Badge } from '@/ui/Badge'
import { dateTime, humanize } from '@/ui/format'
import { lazyComponent } from '@/ui/lazyComponent'
import { OrderedChoices } from '@/ui/OrderedChoices'
import { Card } from '@/ui/Page'
import { EmptyState, Loading, QueryState } from '@/ui/states'
import css from './Duplicates.module.css'

const RulesPreview = lazyComponent(() => import('./RulesPreview'))
const METHODS = Object.entries(METHOD_NAMES).map(([value, label]) => ({ value: value as NewRule['methods'][0], label }))

/** Which record a value is taken from where records of a customer differ; changed after a preview by those who may. */
export function Rules() {
  const query = useQuery(identityQueries.rules())
  return (
    <QueryState
      query={query}
      loading={<Loading rows={6} height={44} />}
      isEmpty={answer => answer.known_sources.length === 0}
      empty={
        <Card>
          <EmptyState title="No customers yet">The rules apply once a source has been imported.</EmptyState>
        </Card>
      }
    >
      {answer => <RuleList key={JSON.stringify(answer)} answer={answer} />}
    </QueryState>
  )
}

function RuleList({ answer }: { answer: SurvivorshipRules }) {
  const can = usePermissions()
  const saved = answer.data.map(toRule)
  const [drafts, setDrafts] = useState(saved)
  const [isPreviewing, setPreviewing] = useState(false)
  const changed = drafts.filter((draft, place) => JSON.stringify(draft) !== JSON.stringify(saved[place]))
  return (
    <Card
      title="Which value is shown"
      note="Where the records of a customer differ, the first rule that decides is used. An address always comes from one record."
      actions={
        can('identity.manage') && (
          <>
            {changed.length > 0 && (
              <Button variant="subtle" onClick={() => setDrafts(saved)}>
                Discard
              </Button>
            )}
            <Button
              disabled={changed.length === 0 || changed.some(draft => draft.methods.length === 0)}
              onClick={() => setPreviewing(true)}
            >
              Preview
            </Button>
          </>
        )
      }
    >
      {answer.data.map((rule, place) => {
        const draft = drafts[place] ?? toRule(rule)
        return (
          <Rule
            key={rule.field_group}
            rule={rule}
            draft={draft}
            isChanged={changed.includes(draft)}
            sources={answer.known_sources}
            onChange={
              can('identity.manage')
                ? part => setDrafts(all => all.map((each, at) => (at === place ? { ...each, ...part } : each)))
                : undefined
            }
          />
        )
      })}
      {isPreviewing && (
        <RulesPreview
          rules={changed}
          before={saved.filter(rule => changed.some(each => each.field_group === rule.field_group))}
          onClose={() => setPreviewing(false)}
        />
      )}
    </Card>
  )
}

interface RuleProps {
  rule: SurvivorshipRule
  draft: NewRule
  isChanged: boolean
  sources: string[]
  /** Left out: the user may only look. */
  onChange: ((part: Partial<NewRule>) => void) | undefined
}

function Rule({ rule, draft, isChanged, sources, onChange }: RuleProps) {
  const name = FIELD_NAMES[rule.field_group]
  return (
    <details className={css.rule}>
      <summary>
        <IconChevronRight size={16} aria-hidden />
        <strong>{name}</strong>
        <span>{isChanged ? describe(draft) : rule.sentence}</span>
        {isChanged && <Badge tone="warn">not saved</Badge>}
      </summary>
      {onChange ? (
        <div className={css.editor}>
          <section>
            <h3>Rules, the first that decides</h3>
            <OrderedChoices
              label={`Rules for ${name}`}
              options={METHODS}
              chosen={draft.methods}
              onChange={methods => onChange({ methods })}
            />
            {draft.methods.length === 0 && <p role="alert">Choose at least one rule.</p>}
          </section>
          {draft.methods.includes('source') && sources.length > 0 && (
            <section>
              <h3>Sources, best first</h3>
              <OrderedChoices
                label={`Sources for ${name}`}
                options={sources.map(source => ({ value: source, label: source }))}
                chosen={withOthers(draft.sources, sources)}
                isOrderOnly
                onChange={next => onChange({ sources: next })}
              />
            </section>
          )}
        </div>
      ) : (
        <ol>
          {rule.methods.map(method => (
            <li key={method}>{METHOD_NAMES[method]}</li>
          ))}
        </ol>
      )}
      {rule.changed_at && (
        <p className={css.dim}>
          Last changed by {rule.changed_by?.name ?? 'a colleague'} on {dateTime(rule.changed_at)}
        </p>
      )}
    </details>
  )
}

const toRule = ({ field_group, methods, sources }: SurvivorshipRule): NewRule => ({ field_group, methods, sources })

/** The sources in their order; those without a place come last. */
const withOthers = (ordered: string[], known: string[]) => [
  ...ordered.filter(source => known.includes(source)),
  ...known.filter(source => !ordered.includes(source)),
]

const describe = ({ methods }: NewRule) =>
  humanize(methods.map(method => METHOD_NAMES[method].toLowerCase()).join(', then '))
