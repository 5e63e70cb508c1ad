import { Link } from '@tanstack/react-router'
import css from './Tabs.module.css'

/** Parts of a page, each with its own address (`tab`). */
export function Tabs<Tab extends string>({
  now,
  tabs,
  label,
}: {
  now: Tab
  tabs: readonly { value: Tab; label: string }[]
  label: string
}) {
  return (
    <nav className={`${css.tabs} no-print`} aria-label={label}>
      {tabs.map(tab => (
        <Link
          key={tab.value}
          to="."
          search={{ tab: tab.value } as never}
          resetScroll={false}
          className={css.tab}
          aria-current={tab.value === now ? 'page' : undefined}
        >
          {tab.label}
        </Link>
      ))}
    </nav>
  )
}
