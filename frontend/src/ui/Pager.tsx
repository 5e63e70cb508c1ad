import { Button } from '@mantine/core'
import { useEffect } from 'react'
import { count } from './format'
import css from './Pager.module.css'

/** Previous and next page of a list. From a page that is not there any more it leads to the last one. */
export function Pager({ page, pages, onPage }: { page: number; pages: number; onPage: (page: number) => void }) {
  const isPast = pages > 0 && page > pages
  // biome-ignore lint/correctness/useExhaustiveDependencies: once per page that is not there
  useEffect(() => {
    if (isPast) onPage(pages)
  }, [isPast, pages])
  if (pages < 2) return null
  return (
    <nav className={`${css.pager} no-print`} aria-label="Pagination">
      <Button variant="default" disabled={page <= 1} onClick={() => onPage(page - 1)}>
        Previous
      </Button>
      <span>
        Page {count(page)} of {count(pages)}
      </span>
      <Button variant="default" disabled={page >= pages} onClick={() => onPage(page + 1)}>
        Next
      </Button>
    </nav>
  )
}
