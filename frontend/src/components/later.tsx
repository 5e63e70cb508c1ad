import { type ComponentType, startTransition, useEffect, useState } from 'react'
import { say } from './toasts'

interface Later<Props> {
  (props: Props): React.JSX.Element | null
  /** Fetches the part ahead of its first use. */
  fetch: () => Promise<void>
}

/**
 * A part that is fetched when it is first shown; `Meanwhile` stands in for it. Without Suspense, because React holds
 * what was suspended back for 300 ms, and a panel must be there in 200.
 */
export function later<Props extends object>(
  load: () => Promise<{ default: ComponentType<Props> }>,
  Meanwhile?: ComponentType<Props>,
): Later<Props> {
  let Part: ComponentType<Props> | null = null
  let fetching: Promise<void> | null = null

  function fetch() {
    fetching ??= load().then(
      module => {
        Part = module.default
      },
      () => {
        fetching = null
        say('A part of the page could not be fetched. Try again, or reload the page.', { tone: 'bad' })
      },
    )
    return fetching
  }

  function Fetched(props: Props) {
    const [isThere, setThere] = useState(Part !== null)
    useEffect(() => {
      if (!isThere) void fetch().then(() => startTransition(() => setThere(Part !== null)))
    }, [isThere])
    if (isThere && Part) return <Part {...props} />
    return Meanwhile ? <Meanwhile {...props} /> : null
  }
  Fetched.fetch = fetch
  return Fetched
}
