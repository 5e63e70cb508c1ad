import { Menu } from '@mantine/core'
import { IconCheck, IconHelp, IconLogout, IconUser } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { Link, useRouter } from '@tanstack/react-router'
import { api, read } from '@/api/client'
import { session } from '@/api/session'
import type { User } from '@/api/shapes'
import '@/ui/theme/menus'
import { roleName } from '@/features/session/permissions'
import { THEMES, useTheme } from '@/features/session/useTheme'
import css from './AccountMenu.module.css'
import { Avatar } from './Avatar'

/** The account menu behind the user's initials. */
export default function AccountMenu({ user, onHelp }: { user: User; onHelp: () => void }) {
  const [colorScheme, setColorScheme] = useTheme()
  const queryClient = useQueryClient()
  const router = useRouter()
  async function signOut() {
    await read(api.POST('/api/auth/sign-out')).catch(() => undefined)
    session.forget()
    queryClient.clear()
    await router.navigate({ to: '/sign-in', search: {} })
  }
  return (
    <Menu position="bottom-end" shadow="md" width={220}>
      <Menu.Target>
        <Avatar user={user} />
      </Menu.Target>
      <Menu.Dropdown>
        <div className={css.user}>
          <strong>{user.name}</strong>
          <span>{user.roles.map(roleName).join(', ')}</span>
        </div>
        <Menu.Divider />
        <Menu.Item leftSection={<IconUser size={16} aria-hidden />} renderRoot={props => <Link to="/me" {...props} />}>
          My account
        </Menu.Item>
        <Menu.Item leftSection={<IconHelp size={16} aria-hidden />} onClick={onHelp}>
          Keyboard shortcuts
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>Theme</Menu.Label>
        {THEMES.map(({ value, label }) => (
          <Menu.Item
            key={value}
            leftSection={
              <IconCheck size={16} aria-hidden style={{ visibility: colorScheme === value ? 'visible' : 'hidden' }} />
            }
            onClick={() => setColorScheme(value)}
          >
            {label}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={() => void signOut()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
