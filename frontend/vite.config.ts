import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const api = process.env.FORESELL_API ?? 'http://127.0.0.1:8000'

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
  },
  test: { environment: 'happy-dom', include: ['src/**/*.test.{ts,tsx}'] },
})
