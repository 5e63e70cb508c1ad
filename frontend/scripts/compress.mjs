// Every built text file once more as .br and .gz, so that serving costs nothing.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const BUILT = fileURLToPath(new URL('../../src/foresell/api/static', import.meta.url))
const TEXT = new Set(['.html', '.js', '.css', '.svg', '.json', '.txt'])
const LEAST_BYTES = 512

for (const name of readdirSync(BUILT, { recursive: true })) {
  const path = join(BUILT, name)
  if (!statSync(path).isFile() || !TEXT.has(extname(name)) || name.startsWith('.vite')) continue
  const content = readFileSync(path)
  if (content.length < LEAST_BYTES) continue
  writeFileSync(`${path}.br`, brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }))
  writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }))
}
