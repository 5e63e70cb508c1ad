/** The glossary's terms, taken from the one table in docs/glossary.md when the pages are built. */
import source from '../../../../docs/glossary.md?raw'

export interface Term {
  /** Where a link to it goes. */
  anchor: string
  word: string
  meaning: string
}

const ROW = /^\|\s*(.+?)\s*\|\s*(.+?)\s*\|$/

/** The rows of the first table of a Markdown text, in its order; head and rule are left out. */
export function readTerms(markdown: string): Term[] {
  const rows = markdown.split('\n').flatMap(line => {
    const [, word, meaning] = ROW.exec(line.trim()) ?? []
    return word && meaning && !/^:?-+:?$/.test(word) ? [{ anchor: anchorOf(word), word, meaning }] : []
  })
  return rows.slice(1)
}

export function anchorOf(word: string): string {
  return word
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
}

/** Terms whose word or meaning holds every word asked for; those named so come first. */
export function found(terms: Term[], asked: string): Term[] {
  const words = asked.toLowerCase().split(/\s+/).filter(Boolean)
  const holds = (text: string) => words.every(word => text.toLowerCase().includes(word))
  const named = terms.filter(term => holds(term.word))
  return [...named, ...terms.filter(term => !named.includes(term) && holds(`${term.word} ${term.meaning}`))]
}

export const TERMS = readTerms(source)
