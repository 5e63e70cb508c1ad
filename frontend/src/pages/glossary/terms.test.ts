import { expect, test } from 'vitest'
import { readTerms, searchTerms, TERMS } from './terms'

const TABLE = `# Glossary

| word | meaning |
|---|---|
| as_of | the day a computation speaks of |
| class (of a line) | what an order line counts as |
| lift | how many times more often; see \`as_of\` |
`

test('a row is a term, without the header', () => {
  expect(readTerms(TABLE)).toEqual([
    { anchor: 'as-of', word: 'as_of', meaning: 'the day a computation speaks of' },
    { anchor: 'class-of-a-line', word: 'class (of a line)', meaning: 'what an order line counts as' },
    { anchor: 'lift', word: 'lift', meaning: 'how many times more often; see `as_of`' },
  ])
})

test('terms whose word matches come before those that only mention it', () => {
  expect(searchTerms(readTerms(TABLE), 'AS_OF').map(term => term.word)).toEqual(['as_of', 'lift'])
  expect(searchTerms(readTerms(TABLE), 'order counts').map(term => term.word)).toEqual(['class (of a line)'])
  expect(searchTerms(readTerms(TABLE), 'nothing')).toEqual([])
})

test('the glossary is not empty, and no two terms share an anchor', () => {
  expect(TERMS.length).toBeGreaterThan(30)
  expect(new Set(TERMS.map(term => term.anchor)).size).toBe(TERMS.length)
})
