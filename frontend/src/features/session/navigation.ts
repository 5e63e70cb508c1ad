import {
  IconBook,
  IconChartBar,
  IconChartPie,
  IconFileImport,
  IconPhone,
  IconPhoneCall,
  IconRefreshDot,
  IconShieldCog,
  IconTargetArrow,
  IconUsers,
} from '@tabler/icons-react'
import type { User } from '@/api/shapes'

/** The pages in the navigation: the permission each needs, and the key after "g" that opens it. */
export const NAVIGATION = [
  { to: '/', label: 'Today', icon: IconPhone, key: 't', needs: 'calls.read' },
  { to: '/customers', label: 'Customers', icon: IconUsers, key: 'c', needs: 'customers.read' },
  { to: '/calls', label: 'Call log', icon: IconPhoneCall, key: 'h', needs: 'calls.read' },
  { to: '/segments', label: 'Segments', icon: IconChartPie, key: 's', needs: 'segments.read' },
  { to: '/model', label: 'Model accuracy', icon: IconTargetArrow, key: 'm', needs: 'model.read' },
  { to: '/sales', label: 'Sales', icon: IconChartBar, key: 'a', needs: 'sales.read' },
  { to: '/import', label: 'Import', icon: IconFileImport, key: 'i', needs: 'imports.write' },
  { to: '/runs', label: 'Updates', icon: IconRefreshDot, key: 'r', needs: 'runs.read' },
  { to: '/admin', label: 'Admin', icon: IconShieldCog, key: 'd', needs: 'users.manage' },
  { to: '/glossary', label: 'Glossary', icon: IconBook, key: 'l', needs: null },
] as const

export type NavigationEntry = (typeof NAVIGATION)[number]

export const pagesFor = (user: User) =>
  NAVIGATION.filter(page => page.needs === null || user.permissions.includes(page.needs))

/** The user's start page: the chosen one, or the first one they have access to. */
export function startPageFor(user: User): string {
  const pages = pagesFor(user)
  return pages.find(page => page.to === user.preferences.home)?.to ?? pages[0]?.to ?? '/glossary'
}
