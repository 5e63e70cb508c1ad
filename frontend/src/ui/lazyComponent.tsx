import { type ComponentType, startTransition, useEffect, useState } from 'react'
import { showToast } from './toasts'

interface LazyComponent<Props> {
  (props: Props): React.JSX.Element | null
  /** Loads the part ahead of its first use. */
  preload: () => Promise<void>
}

/**
 * A component that is loaded when it is first shown, with `Placeholder` in its place until then. Without Suspense,
 * because React delays suspended content by 300 ms, and a panel must open within 200.
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
        showToast('Part of the page could not be loaded. Try again or reload the page.', { tone: 'bad' })
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
