// Imports go one way: app > pages > components > api, and a page never imports another page.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const SRC = fileURLToPath(new URL('../src', import.meta.url))
const FLOORS = ['api', 'components', 'pages', 'app']
const IMPORT = /(?:from|import)\s*\(?\s*'([^']+)'/g

function target(file, name) {
  if (name.startsWith('@/')) return name.slice(2)
  if (name.startsWith('.')) return relative(SRC, join(SRC, dirname(file), name))
  return null
}

const wrong = []
for (const file of readdirSync(SRC, { recursive: true }).filter(name => /\.tsx?$/.test(name))) {
  const [floor, page] = file.split('/')
  for (const [, name] of readFileSync(join(SRC, file), 'utf8').matchAll(IMPORT)) {
    const to = target(file, name)
    if (to === null) continue
    const [toFloor, toPage] = to.split('/')
    if (!FLOORS.includes(toFloor)) continue
    if (FLOORS.indexOf(toFloor) > FLOORS.indexOf(floor))
      wrong.push(`${file} imports ${to}: ${floor} stands below ${toFloor}`)
    if (floor === 'pages' && toFloor === 'pages' && page !== toPage)
      wrong.push(`${file} imports ${to}: pages never import pages`)
  }
}
for (const each of wrong) console.error(each)
console.log(wrong.length ? `${wrong.length} imports go the wrong way` : 'imports go one way')
process.exit(wrong.length ? 1 : 0)
