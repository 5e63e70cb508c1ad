import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { usePermissions } from '@/api/useSession'
import css from './CustomersLink.module.css'

/** Filters and order of the customer list, by the names of its URL. */
export type CustomersSearch = Record<string, string | number | undefined>

/** A figure that opens the customers it stands for; plain for users who see no customers. */
export function CustomersLink({ search, children }: { search: CustomersSearch; children: ReactNode }) {
  const can = usePermissions()
  if (!can('customers.read')) return children
  return (
    <Link to="/customers" search={search as never} className={css.link}>
      {children}
    </Link>
  )
}
