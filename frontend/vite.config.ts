import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const api = process.env.FORESELL_API ?? 'http://127.0.0.1:8000'

/** What is fetched together, as one file: by itself it would come in two dozen small ones. The first that fits counts. */
const TOGETHER = {
  /** What every page needs before it shows anything. */
  base: [
    'node_modules/(react|react-dom|scheduler|use-sync-external-store|clsx)/',
    'node_modules/@tanstack/(react-query|query-core|react-router|router-core|react-store|store|history)/',
    'node_modules/@mantine/(hooks|core/esm/core)/',
    'node_modules/@mantine/core/esm/components/(ActionIcon|Button|CloseButton|Loader|Skeleton|Transition|UnstyledButton)/',
    'node_modules/@tabler/icons-react/dist/esm/(createReactComponent|defaultAttributes)',
    'node_modules/@tabler/icons-react/dist/esm/icons/Icon(Check|Download|Plus|Trash)\\.',
    '/src/api/',
    '/src/ui/(theme/(base|theme)|Badge|Change|DataTable|format|lazyComponent|Page|Progress|searchParams|shortcuts|states|Tabs|toasts|useReturnFocus)',
    '/src/features/(calculation/(Metric|Kpis)|model/names|session/useTheme)',
    '/src/features/customer/(CallButton|engagement|LogCall|scores|SegmentBadge|segments|useCustomerPanel)',
    '/src/ui/charts/(?!drawn/|png|Bars|placeBars|useSize|ticks|Tip)',
  ],
  /** Everything that is filled in. */
  forms: [
    'node_modules/@mantine/core/esm/components/(Checkbox|InlineInput|Input|InputBase|InputsGroupFieldset|NativeSelect|PasswordInput|SegmentedControl|TextInput|FloatingIndicator|Combobox/Combobox.*Chevron)',
    '/src/ui/theme/inputs',
  ],
  /** Everything that opens above the page. */
  overlays: [
    'node_modules/(@floating-ui|react-remove-scroll|aria-hidden)',
    'node_modules/@mantine/core/esm/components/(FocusTrap|Menu|Modal|ModalBase|Overlay|Paper|Popover|Portal|RemoveScroll|ScrollArea|Drawer)/',
    '/src/ui/(theme/(menus|dialogs)|ConfirmDialog|Dialog)',
  ],
  /** Charts that need no library; apart, so that what the library's charts share with them does not bring the library along. */
  bars: ['/src/ui/charts/(Bars|placeBars|useSize|ticks|Tip)'],
  /** Charts of the drawing library. */
  charts: [
    'node_modules/(recharts|d3-|victory-vendor|decimal|es-toolkit|immer|reselect|@reduxjs)',
    '/src/ui/charts/drawn/',
  ],
}

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
      output: {
        codeSplitting: {
          groups: Object.entries(TOGETHER).map(([name, parts]) => ({ name, test: new RegExp(parts.join('|')) })),
        },
      },
    },
  },
  test: { environment: 'happy-dom', include: ['src/**/*.test.{ts,tsx}'], testTimeout: 30_000 },
})
