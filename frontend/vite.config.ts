import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const api = process.env.FORESELL_API ?? 'http://127.0.0.1:8000'

/** What every page needs, as one file: by itself it would come in two dozen small ones. */
const BASE = new RegExp(
  [
    'node_modules/(react|react-dom|scheduler|use-sync-external-store|clsx)/',
    'node_modules/@tanstack/(react-query|query-core|react-router|router-core|react-store|store|history)/',
    'node_modules/@mantine/(hooks|core/esm/core)/',
    'node_modules/@mantine/core/esm/components/(ActionIcon|Button|CloseButton|Loader|Skeleton|Transition|UnstyledButton)/',
    'node_modules/@tabler/icons-react/dist/esm/(createReactComponent|defaultAttributes)',
    '/src/api/',
    '/src/components/(theme/(base|theme)|faces|format|keys|later|marks|segments|search|signedIn|toasts|Figure|Kpis|Page|SegmentMark|Change)',
  ].join('|'),
)

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { '@': here('src') } },
  server: { host: '127.0.0.1', proxy: { '/api': { target: api, changeOrigin: false } }, fs: { allow: [here('..')] } },
  build: {
    outDir: here('../src/foresell/api/static'),
    emptyOutDir: true,
    manifest: true,
    // Older targets make Lightning CSS rewrite light-dark() into variables that come out empty.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    chunkSizeWarningLimit: 600,
    rolldownOptions: {
      output: { codeSplitting: { groups: [{ name: 'base', test: BASE }] } },
    },
  },
  test: { environment: 'happy-dom', include: ['src/**/*.test.{ts,tsx}'] },
})
