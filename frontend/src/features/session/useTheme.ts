import { type MantineColorScheme, useMantineColorScheme } from '@mantine/core'
import { api, read } from '@/api/client'
import { session } from '@/api/session'
import { showError } from '@/ui/toasts'

/** Light, dark or system theme, saved for all of the user's devices. */
export function useTheme(): [MantineColorScheme, (scheme: MantineColorScheme) => void] {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  function choose(theme: MantineColorScheme) {
    setColorScheme(theme)
    void read(api.PATCH('/api/me', { body: { preferences: { theme } } })).then(session.setUser, showError)
  }
  return [colorScheme, choose]
}

export const THEMES = [
  { value: 'auto', label: 'System' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
] as const
