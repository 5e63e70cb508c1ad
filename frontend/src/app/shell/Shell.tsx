import { ActionIcon, Button, useMantineColorScheme } from '@mantine/core'
import { IconMenu2, IconSearch } from '@tabler/icons-react'
import { type ErrorComponentProps, Link, Outlet, useRouter, useRouterState } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { Problem } from '@/api/client'
import { useSession } from '@/api/useSession'
import { NAVIGATION, pagesFor } from '@/features/session/navigation'
import { StepUpPrompt } from '@/features/session/StepUpPrompt'
import { lazyComponent } from '@/ui/lazyComponent'
import { Page } from '@/ui/Page'
import { useShortcuts, watchKeySequences } from '@/ui/shortcuts'
import { EmptyState, ErrorState } from '@/ui/states'
import { undoLast } from '@/ui/toasts'
import { Avatar } from './Avatar'
import { Freshness } from './Freshness'
import css from './Shell.module.css'
import { useKeptSearch } from './useKeptSearch'
import { useLive } from './useLive'

const AccountMenu = lazyComponent(() => import('./AccountMenu'), Avatar)
const CommandPalette = lazyComponent(() => import('./CommandPalette'))
const SessionExpired = lazyComponent(() => import('./SessionExpired'))
const ShortcutsHelp = lazyComponent(() => import('./ShortcutsHelp'))

/** Loaded after the page, before it is needed, so that nothing typed into it is lost. */
const PALETTE_AFTER_MS = 1_500

/** The frame of every page: navigation by permission, data freshness, live state, search, keyboard shortcuts. */
export function Shell() {
  const { user, phase } = useSession()
  const router = useRouter()
  const path = useRouterState({ select: state => state.location.pathname })
  const [menu, setMenu] = useState(false)
  const [overlay, setOverlay] = useState<'palette' | 'help' | null>(null)
  useLive()
  const keptSearch = useKeptSearch()

  const { setColorScheme } = useMantineColorScheme()
  const theme = user?.preferences.theme
  useEffect(() => {
    if (theme) setColorScheme(theme)
  }, [theme, setColorScheme])
  useEffect(watchKeySequences, [])
  useEffect(() => {
    const timer = setTimeout(CommandPalette.preload, PALETTE_AFTER_MS)
    return () => clearTimeout(timer)
  }, [])
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault()
        setOverlay('palette')
      }
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
  useShortcuts({
    '?': () => setOverlay('help'),
    '/': () => {
      const field = document.querySelector<HTMLInputElement>('[data-find]')
      if (field) field.focus()
      else setOverlay('palette')
    },
    z: undoLast,
    ...Object.fromEntries(
      NAVIGATION.map(place => [
        `g ${place.key}`,
        () => void router.navigate({ to: place.to, search: keptSearch(place.to) }),
      ]),
    ),
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: navigation closes the menu
  useEffect(() => setMenu(false), [path])

  if (!user) return null
  const pages = pagesFor(user)
  const place = NAVIGATION.find(each => (each.to === '/' ? path === '/' : path.startsWith(each.to)))
  const hasAccess = !place || pages.includes(place) || (place.to === '/setup' && user.permissions.includes(place.needs))
  return (
    <div className={css.shell}>
      <a href="#content" className={`${css.skip} no-print`}>
        Skip to content
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
          <span>{user.company ?? 'Foresell'}</span>
        </Link>
        <button type="button" className={css.find} aria-label="Search Ctrl K" onClick={() => setOverlay('palette')}>
          <IconSearch size={16} aria-hidden />
          <span>Search</span> <kbd>Ctrl K</kbd>
        </button>
        <Freshness />
        <AccountMenu user={user} onHelp={() => setOverlay('help')} />
      </header>
      <nav className={`${css.nav} no-print`} data-open={menu || undefined} aria-label="Pages">
        {pages.map(({ to, label, icon: Icon }) => (
          <Link
            key={to}
            to={to}
            search={keptSearch(to)}
            activeOptions={{ exact: to === '/', includeSearch: false }}
            className={css.link}
          >
            <Icon size={18} stroke={1.7} aria-hidden />
            {label}
          </Link>
        ))}
      </nav>
      {menu && <button type="button" className={css.shade} aria-label="Close menu" onClick={() => setMenu(false)} />}
      <main id="content" className={css.main} tabIndex={-1}>
        {user.second_factor_due && (
          <p role="status" className={css.notice}>
            Your role now requires a second factor. <Link to="/second-factor">Set it up</Link> to continue.
          </p>
        )}
        {hasAccess ? <Outlet /> : <NoAccess label={place.label} />}
      </main>
      {overlay === 'palette' && <CommandPalette pages={pages} onClose={() => setOverlay(null)} />}
      {overlay === 'help' && <ShortcutsHelp pages={pages} onClose={() => setOverlay(null)} />}
      {phase === 'expired' && <SessionExpired />}
      <StepUpPrompt />
    </div>
  )
}

function NoAccess({ label }: { label: string }) {
  return (
    <EmptyState title={`You do not have access to ${label}`}>
      Your roles do not include this page. An administrator can change your roles under Admin, Users.
    </EmptyState>
  )
}

export function NotFound() {
  return (
    <Page title="Page not found">
      <EmptyState
        title="There is no page at this address"
        action={
          <Button variant="default" renderRoot={props => <Link to="/" {...props} />}>
            Go to Today
          </Button>
        }
      >
        The address may be mistyped, or the page has moved.
      </EmptyState>
    </Page>
  )
}

const RETRY_MS = 3_000

export function PageError({ error }: ErrorComponentProps) {
  const router = useRouter()
  const isUnreachable = error instanceof Problem && error.status === 0
  useEffect(() => {
    const timer = setInterval(() => isUnreachable && void router.invalidate(), RETRY_MS)
    return () => clearInterval(timer)
  }, [isUnreachable, router])
  return (
    <ErrorState
      error={error instanceof Error ? error : new Error(String(error))}
      onRetry={() => void router.invalidate()}
    />
  )
}
