// What a first visit costs, by the built files: fails when a budget is passed.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const BUILT = fileURLToPath(new URL('../../src/foresell/api/static', import.meta.url))
const BUDGETS_KB = { 'first route, JS': 160, 'first route, CSS': 15, 'charts, JS': 125 }
const manifest = JSON.parse(readFileSync(join(BUILT, '.vite/manifest.json'), 'utf8'))

/** A chunk and everything it imports at once; what it imports later does not count. */
function closure(key, seen = new Set()) {
  if (seen.has(key)) return seen
  seen.add(key)
  for (const needed of manifest[key].imports ?? []) closure(needed, seen)
  return seen
}
const kilobytes = files =>
  [...new Set(files)].reduce((sum, file) => sum + gzipSync(readFileSync(join(BUILT, file)), { level: 9 }).length, 0) /
  1000

const first = new Set(['index.html', 'src/pages/today/Today.tsx'].flatMap(key => [...closure(key)]))
const drawn = Object.keys(manifest).filter(key => manifest[key].name === 'charts')
if (!drawn.length) throw new Error('no chunk of charts was built')
/** Pages that draw their first view without the library: it comes when one of its charts scrolls into view. */
for (const page of ['Sales', 'Model', 'Segments']) {
  const key = `src/pages/${page.toLowerCase()}/${page}.tsx`
  if (drawn.some(chunk => closure(key).has(chunk))) throw new Error(`${key} fetches the drawing library at once`)
}
const charts = [...new Set(drawn.flatMap(key => [...closure(key)]))].filter(key => !first.has(key))
const measured = {
  'first route, JS': kilobytes([...first].map(key => manifest[key].file)),
  'first route, CSS': kilobytes([...first].flatMap(key => manifest[key].css ?? [])),
  'charts, JS': kilobytes(charts.map(key => manifest[key].file)),
}
let passed = true
for (const [what, budget] of Object.entries(BUDGETS_KB)) {
  const isIn = measured[what] <= budget
  passed &&= isIn
  console.log(`${isIn ? 'ok  ' : 'OVER'} ${what}: ${measured[what].toFixed(1)} of ${budget} kB gz`)
}
process.exit(passed ? 0 : 1)
