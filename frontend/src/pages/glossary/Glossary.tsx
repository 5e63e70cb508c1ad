import { TextInput } from '@mantine/core'
import '@/ui/theme/inputs'
import { IconSearch } from '@tabler/icons-react'
import { getRouteApi, useNavigate, useRouterState } from '@tanstack/react-router'
import { useEffect } from 'react'
import { asSentence, plural } from '@/ui/format'
import { Card, Page } from '@/ui/Page'
import { EmptyState } from '@/ui/states'
import css from './Glossary.module.css'
import { searchTerms, TERMS, type Term } from './terms'

const route = getRouteApi('/shell/glossary')

/** The business terms of the pages; each entry can be linked to. */
export default function Glossary() {
  const { q = '' } = route.useSearch()
  const navigate = useNavigate({ from: '/glossary' })
  const hash = useRouterState({ select: state => state.location.hash })
  const shown = searchTerms(TERMS, q)
  useEffect(() => {
    if (hash) document.getElementById(hash)?.scrollIntoView({ block: 'center' })
  }, [hash])
  return (
    <Page title="Glossary" sentence="The terms used on all pages, in exports and on the command line">
      <TextInput
        className={css.find}
        type="search"
        aria-label="Search terms"
        placeholder="Search terms"
        data-find
        leftSection={<IconSearch size={16} aria-hidden />}
        value={q}
        onChange={event => {
          const text = event.currentTarget.value
          void navigate({ search: text ? { q: text } : {}, replace: true, resetScroll: false })
        }}
      />
      <p className="only-read" role="status">
        {plural(shown.length, 'term')}
      </p>
      {shown.length ? (
        <Card flush>
          <dl className={css.terms}>
            {shown.map(term => (
              <Entry key={term.anchor} term={term} isTarget={term.anchor === hash} />
            ))}
          </dl>
        </Card>
      ) : (
        <Card>
          <EmptyState title="No terms match">Try a shorter or different word.</EmptyState>
        </Card>
      )}
    </Page>
  )
}

function Entry({ term, isTarget }: { term: Term; isTarget: boolean }) {
  return (
    <div id={term.anchor} className={css.term} data-target={isTarget || undefined}>
      <dt>
        <a href={`#${term.anchor}`} className={css.word}>
          {asSentence(term.word)}
        </a>
      </dt>
      <dd>
        <WithCode text={asSentence(term.meaning)} />
      </dd>
    </div>
  )
}

/** Text with `code` between backticks, the only Markdown in the glossary. */
function WithCode({ text }: { text: string }) {
  return text.split('`').map((part, index) =>
    index % 2 ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a fixed text never move
      <code key={index} className={css.code}>
        {part}
      </code>
    ) : (
      part
    ),
  )
}
