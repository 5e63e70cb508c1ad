import {
  IconActivity,
  IconArrowMerge,
  IconBook,
  IconChartBar,
  IconChartPie,
  IconFileImport,
  IconListCheck,
  IconPhone,
  IconPhoneCall,
  IconPlugConnected,
  IconRefreshDot,
  IconShieldCog,
  IconTargetArrow,
  IconUserShare,
  IconUsers,
} from '@tabler/icons-react'
import type { User } from '@/api/shapes'

/** The pages in the navigation: the permission each needs, and the key after "g" that opens it. */
export const NAVIGATION = [
  { to: '/setup', label: 'Setup', icon: IconListCheck, key: 'u', needs: 'company.manage' },
  { to: '/', label: 'Today', icon: IconPhone, key: 't', needs: 'calls.read' },
  { to: '/customers', label: 'Customers', icon: IconUsers, key: 'c', needs: 'customers.read' },
  { to: '/calls', label: 'Call log', icon: IconPhoneCall, key: 'h', needs: 'calls.read' },
  { to: '/activity', label: 'Activity', icon: IconActivity, key: 'y', needs: 'events.read' },
  { to: '/assignment', label: 'Assignment', icon: IconUserShare, key: 'n', needs: 'customers.assign' },
  { to: '/duplicates', label: 'Duplicates', icon: IconArrowMerge, key: 'p', needs: 'identity.review' },
  { to: '/segments', label: 'Segments', icon: IconChartPie, key: 's', needs: 'segments.read' },
  { to: '/model', label: 'Model accuracy', icon: IconTargetArrow, key: 'm', needs: 'model.read' },
  { to: '/sales', label: 'Sales', icon: IconChartBar, key: 'a', needs: 'sales.read' },
  { to: '/import', label: 'Import', icon: IconFileImport, key: 'i', needs: 'imports.write' },
  { to: '/sources', label: 'Sources', icon: IconPlugConnected, key: 'o', needs: 'sources.read' },
  { to: '/runs', label: 'Updates', icon: IconRefreshDot, key: 'r', needs: 'runs.read' },
  { to: '/admin', label: 'Admin', icon: IconShieldCog, key: 'd', needs: 'users.manage' },
  { to: '/glossary', label: 'Glossary', icon: IconBook, key: 'l', needs: null },
] as const

export type NavigationEntry = (typeof NAVIGATION)[number]

/** The pages that a user may open; the setup until an administrator hides it. */
export const pagesFor = (user: User) =>
  NAVIGATION.filter(
    page => (page.needs === null || user.permissions.includes(page.needs)) && (page.to !== '/setup' || user.setup_open),
  )

/** The user's start page: the chosen one, or the first one they have access to. */
export function startPageFor(user: User): string {
  const pages = pagesFor(user)
  const first = pages.find(page => page.to !== '/setup')?.to ?? '/glossary'
  return pages.find(page => page.to === user.preferences.home)?.to ?? first
}
