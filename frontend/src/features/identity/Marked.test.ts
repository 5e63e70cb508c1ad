import { expect, test } from 'vitest'
import { markDifferences } from './Marked'

test.each([
  ['Smith', 'Smith', 'Smith'],
  ['Smith', 'smith', 'Smith'],
  ['Smyth', 'Smith', 'Sm[y]th'],
  ['Anna Berg', 'Ana Berg', 'An[n]a Berg'],
  ['Ana Berg', 'Anna Berg', 'Ana Berg'],
  ['Leeds', 'York', '[Leeds]'],
  ['Müller', 'Muller', 'M[ü]ller'],
])('%s next to %s', (text, other, expected) => {
  const marked = markDifferences(text, other).map(({ part, differs }) => (differs ? `[${part}]` : part))
  expect(marked.join('')).toBe(expected)
})
