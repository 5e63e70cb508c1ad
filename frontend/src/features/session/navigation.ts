import {
  IconBook,
  IconChartBar,
  IconChartPie,
  IconFileImport,
  IconPhone,
  IconRefreshDot,
  IconShieldCog,
  IconTargetArrow,
  IconUsers,
} from '@tabler/icons-react'
import type { User } from '@/api/shapes'

/** The pages in the navigation: who sees them, and the key after "g" that goes there. */
export const NAVIGATION = [
  { to: '/', label: 'Today', icon: IconPhone, key: 't', needs: 'calls.read' },
  { to: '/customers', label: 'Customers', icon: IconUsers, key: 'c', needs: 'customers.read' },
  { to: '/segments', label: 'Segments', icon: IconChartPie, key: 's', needs: 'segments.read' },
  { to: '/model', label: 'Model', icon: IconTargetArrow, key: 'm', needs: 'model.read' },
  { to: '/sales', label: 'Sales', icon: IconChartBar, key: 'a', needs: 'sales.read' },
  { to: '/import', label: 'Import', icon: IconFileImport, key: 'i', needs: 'imports.write' },
  { to: '/runs', label: 'Runs', icon: IconRefreshDot, key: 'r', needs: 'runs.read' },
  { to: '/admin', label: 'Admin', icon: IconShieldCog, key: 'd', needs: 'users.manage' },
  { to: '/glossary', label: 'Glossary', icon: IconBook, key: 'l', needs: null },
] as const

export type NavigationEntry = (typeof NAVIGATION)[number]

export const pagesFor = (user: User) =>
  NAVIGATION.filter(place => place.needs === null || user.permissions.includes(place.needs))

/** Where somebody starts: where they want to, else the first page that is theirs. */
export function startPageFor(user: User): string {
  const theirs = pagesFor(user)
  return theirs.find(place => place.to === user.preferences.home)?.to ?? theirs[0]?.to ?? '/glossary'
}
