import { type ComponentType, startTransition, useEffect, useState } from 'react'
import { showToast } from './toasts'

interface LazyComponent<Props> {
  (props: Props): React.JSX.Element | null
  /** Loads the part ahead of its first use. */
  preload: () => Promise<void>
}

/**
 * A part that is fetched when it is first shown; `Placeholder` stands in for it. Without Suspense, because React holds
 * what was suspended back for 300 ms, and a panel must be there in 200.
 */
export function lazyComponent<Props extends object>(
  load: () => Promise<{ default: ComponentType<Props> }>,
  Placeholder?: ComponentType<Props>,
): LazyComponent<Props> {
  let Part: ComponentType<Props> | null = null
  let fetching: Promise<void> | null = null

  function preload() {
    fetching ??= load().then(
      module => {
        Part = module.default
      },
      () => {
        fetching = null
        showToast('A part of the page could not be fetched. Try again, or reload the page.', { tone: 'bad' })
      },
    )
    return fetching
  }

  function Loaded(props: Props) {
    const [isThere, setThere] = useState(Part !== null)
    useEffect(() => {
      if (!isThere) void preload().then(() => startTransition(() => setThere(Part !== null)))
    }, [isThere])
    if (isThere && Part) return <Part {...props} />
    return Placeholder ? <Placeholder {...props} /> : null
  }
  Loaded.preload = preload
  return Loaded
}
