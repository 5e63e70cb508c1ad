/** The glossary's terms, read from the table in docs/glossary.md when the pages are built. */
import source from '../../../../docs/glossary.md?raw'

export interface Term {
  /** The id of its entry, for links. */
  anchor: string
  word: string
  meaning: string
}

const ROW = /^\|\s*(.+?)\s*\|\s*(.+?)\s*\|$/

/** The rows of the table in a Markdown text, in its order, without the header. */
export function readTerms(markdown: string): Term[] {
  const rows = markdown.split('\n').flatMap(line => {
    const [, word, meaning] = ROW.exec(line.trim()) ?? []
    return word && meaning && !/^:?-+:?$/.test(word) ? [{ anchor: toAnchor(word), word, meaning }] : []
  })
  return rows.slice(1)
}

export function toAnchor(word: string): string {
  return word
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
}

/** Terms whose word or meaning contains every word of the query; those whose own word does come first. */
export function searchTerms(terms: Term[], query: string): Term[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  const matches = (text: string) => words.every(word => text.toLowerCase().includes(word))
  const named = terms.filter(term => matches(term.word))
  return [...named, ...terms.filter(term => !named.includes(term) && matches(`${term.word} ${term.meaning}`))]
}

export const TERMS = readTerms(source)
