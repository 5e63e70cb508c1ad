import { TextInput } from '@mantine/core'
import '@/components/theme/inputs'
import { IconSearch } from '@tabler/icons-react'
import { getRouteApi, useNavigate, useRouterState } from '@tanstack/react-router'
import { useEffect } from 'react'
import { Empty } from '@/components/faces'
import { many } from '@/components/format'
import { Card, Page } from '@/components/Page'
import css from './Glossary.module.css'
import { found, TERMS, type Term } from './terms'

const route = getRouteApi('/shell/glossary')

/** One word, one meaning; each term has an address of its own. */
export default function Glossary() {
  const { q = '' } = route.useSearch()
  const navigate = useNavigate({ from: '/glossary' })
  const hash = useRouterState({ select: state => state.location.hash })
  const shown = found(TERMS, q)
  useEffect(() => {
    if (hash) document.getElementById(hash)?.scrollIntoView({ block: 'center' })
  }, [hash])
  return (
    <Page title="Glossary" sentence="One word, one meaning; all pages use these">
      <TextInput
        className={css.find}
        type="search"
        aria-label="Find a term"
        placeholder="A word, or something about it"
        data-find
        leftSection={<IconSearch size={16} aria-hidden />}
        value={q}
        onChange={event => {
          const text = event.currentTarget.value
          void navigate({ search: text ? { q: text } : {}, replace: true, resetScroll: false })
        }}
      />
      <p className="only-read" role="status">
        {many(shown.length, 'term')}
      </p>
      {shown.length ? (
        <Card flush>
          <dl className={css.terms}>
            {shown.map(term => (
              <Entry key={term.anchor} term={term} isAimed={term.anchor === hash} />
            ))}
          </dl>
        </Card>
      ) : (
        <Card>
          <Empty title="No term by that name">Try a shorter word.</Empty>
        </Card>
      )}
    </Page>
  )
}

function Entry({ term, isAimed }: { term: Term; isAimed: boolean }) {
  return (
    <div id={term.anchor} className={css.term} data-aimed={isAimed || undefined}>
      <dt>
        <a href={`#${term.anchor}`} className={css.word}>
          {term.word}
        </a>
      </dt>
      <dd>
        <Marked text={term.meaning} />
      </dd>
    </div>
  )
}

/** Plain words with `code` between backticks, which is all the glossary uses. */
function Marked({ text }: { text: string }) {
  return text.split('`').map((part, place) =>
    place % 2 ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a fixed text never move
      <code key={place} className={css.code}>
        {part}
      </code>
    ) : (
      part
    ),
  )
}
