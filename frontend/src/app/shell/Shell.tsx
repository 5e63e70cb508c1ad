import { ActionIcon, Button, useMantineColorScheme } from '@mantine/core'
import { IconMenu2, IconSearch } from '@tabler/icons-react'
import { type ErrorComponentProps, Link, Outlet, useRouter, useRouterState } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { Problem } from '@/api/client'
import { useSession } from '@/api/useSession'
import { NAVIGATION, pagesFor } from '@/features/session/navigation'
import { lazyComponent } from '@/ui/lazyComponent'
import { useShortcuts, watchKeySequences } from '@/ui/shortcuts'
import { EmptyState, ErrorState } from '@/ui/states'
import { undoLast } from '@/ui/toasts'
import { Avatar } from './Avatar'
import { Freshness } from './Freshness'
import css from './Shell.module.css'
import { StepUpPrompt } from './StepUpPrompt'
import { useLive } from './useLive'

const AccountMenu = lazyComponent(() => import('./AccountMenu'), Avatar)
const CommandPalette = lazyComponent(() => import('./CommandPalette'))
const SessionExpired = lazyComponent(() => import('./SessionExpired'))
const ShortcutsHelp = lazyComponent(() => import('./ShortcutsHelp'))

/** Nothing typed into the palette may be lost, so it is there before anybody asks, and after the page itself. */
const PALETTE_AFTER_MS = 1_500

/** What stands around every page: navigation by right, freshness, live state, palette, keys. */
export function Shell() {
  const { user, phase } = useSession()
  const router = useRouter()
  const path = useRouterState({ select: state => state.location.pathname })
  const [menu, setMenu] = useState(false)
  const [over, setOver] = useState<'palette' | 'help' | null>(null)
  const live = useLive()

  const { setColorScheme } = useMantineColorScheme()
  const theme = user?.preferences.theme
  useEffect(() => {
    if (theme) setColorScheme(theme)
  }, [theme, setColorScheme])
  useEffect(watchKeySequences, [])
  useEffect(() => {
    const soon = setTimeout(CommandPalette.preload, PALETTE_AFTER_MS)
    return () => clearTimeout(soon)
  }, [])
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault()
        setOver('palette')
      }
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
  useShortcuts({
    '?': () => setOver('help'),
    '/': () => {
      const field = document.querySelector<HTMLInputElement>('[data-find]')
      if (field) field.focus()
      else setOver('palette')
    },
    z: undoLast,
    ...Object.fromEntries(NAVIGATION.map(place => [`g ${place.key}`, () => void router.navigate({ to: place.to })])),
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page closes the menu
  useEffect(() => setMenu(false), [path])

  if (!user) return null
  const theirs = pagesFor(user)
  const place = NAVIGATION.find(each => (each.to === '/' ? path === '/' : path.startsWith(each.to)))
  const isTheirs = !place || theirs.includes(place)
  return (
    <div className={css.shell}>
      <a href="#content" className={`${css.skip} no-print`}>
        To the content
      </a>
      <header className={`${css.header} no-print`}>
        <ActionIcon
          className={css.burger}
          size="lg"
          aria-label="Menu"
          aria-expanded={menu}
          onClick={() => setMenu(!menu)}
        >
          <IconMenu2 size={20} />
        </ActionIcon>
        <Link to="/" className={css.brand} aria-label="Foresell, home">
          <img src="/favicon.svg" alt="" width={24} height={24} />
          <span>Foresell</span>
        </Link>
        <button type="button" className={css.find} aria-label="Find or go to Ctrl K" onClick={() => setOver('palette')}>
          <IconSearch size={16} aria-hidden />
          <span>Find or go to</span> <kbd>Ctrl K</kbd>
        </button>
        <Freshness live={live} />
        <AccountMenu user={user} onHelp={() => setOver('help')} />
      </header>
      <nav className={`${css.nav} no-print`} data-open={menu || undefined} aria-label="Pages">
        {theirs.map(({ to, label, icon: Icon }) => (
          <Link key={to} to={to} activeOptions={{ exact: to === '/', includeSearch: false }} className={css.link}>
            <Icon size={18} stroke={1.7} aria-hidden />
            {label}
          </Link>
        ))}
      </nav>
      {menu && <button type="button" className={css.shade} aria-label="Close menu" onClick={() => setMenu(false)} />}
      <main id="content" className={css.main} tabIndex={-1}>
        {isTheirs ? <Outlet /> : <NoAccess label={place.label} />}
      </main>
      {over === 'palette' && <CommandPalette places={theirs} onClose={() => setOver(null)} />}
      {over === 'help' && <ShortcutsHelp places={theirs} onClose={() => setOver(null)} />}
      {phase === 'expired' && <SessionExpired />}
      <StepUpPrompt />
    </div>
  )
}

function NoAccess({ label }: { label: string }) {
  return (
    <EmptyState title={`${label} is not open to you`}>
      Your roles do not include this page. An administrator can change that in Admin, Users.
    </EmptyState>
  )
}

export function NotFound() {
  return (
    <EmptyState
      title="There is no such page"
      action={
        <Button variant="default" renderRoot={props => <Link to="/" {...props} />}>
          Go to Today
        </Button>
      }
    >
      The address may be mistyped, or the page has moved.
    </EmptyState>
  )
}

const AGAIN_MS = 3_000

export function PageError({ error }: ErrorComponentProps) {
  const router = useRouter()
  const isAway = error instanceof Problem && error.status === 0
  useEffect(() => {
    const again = setInterval(() => isAway && void router.invalidate(), AGAIN_MS)
    return () => clearInterval(again)
  }, [isAway, router])
  return (
    <ErrorState
      error={error instanceof Error ? error : new Error(String(error))}
      onRetry={() => void router.invalidate()}
    />
  )
}
