import { Link } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import css from './Tabs.module.css'

/** Parts of a page, each with its own address (`tab`, or another parameter). The current one is scrolled into view. */
export function Tabs<Tab extends string>({
  now,
  tabs,
  label,
  parameter = 'tab',
}: {
  now: Tab
  tabs: readonly { value: Tab; label: string }[]
  label: string
  parameter?: string
}) {
  const nav = useRef<HTMLElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the current tab follows from `now`
  useEffect(() => {
    const all = nav.current
    const current = all?.querySelector<HTMLElement>('[aria-current]')
    if (all && current)
      all.scrollLeft = current.offsetLeft - all.offsetLeft - (all.clientWidth - current.offsetWidth) / 2
  }, [now])
  return (
    <nav ref={nav} className={`${css.tabs} no-print`} aria-label={label}>
      {tabs.map(tab => (
        <Link
          key={tab.value}
          to="."
          search={{ [parameter]: tab.value } as never}
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
