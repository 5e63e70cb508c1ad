import { type MantineColorScheme, useMantineColorScheme } from '@mantine/core'
import { api, read } from '@/api/client'
import { session } from '@/api/session'
import { showError } from '@/ui/toasts'

/** Light, dark or as the system; chosen here it holds on every device of the user. */
export function useTheme(): [MantineColorScheme, (scheme: MantineColorScheme) => void] {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  function choose(theme: MantineColorScheme) {
    setColorScheme(theme)
    void read(api.PATCH('/api/me', { body: { preferences: { theme } } })).then(session.setUser, showError)
  }
  return [colorScheme, choose]
}

export const THEMES = [
  { value: 'auto', label: 'As the system' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
] as const
