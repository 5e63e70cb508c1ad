import { type RefObject, useLayoutEffect, useRef, useState } from 'react'

/** The size of an element in pixels, kept up to date; null until it is measured. */
export function useSize<E extends Element>(): [RefObject<E | null>, { width: number; height: number } | null] {
  const element = useRef<E>(null)
  const [size, setSize] = useState<{ width: number; height: number } | null>(null)
  useLayoutEffect(() => {
    if (!element.current) return
    const measure = () => {
      const box = element.current?.getBoundingClientRect()
      if (box?.width && box.height) setSize({ width: Math.round(box.width), height: Math.round(box.height) })
    }
    measure()
    const watch = new ResizeObserver(measure)
    watch.observe(element.current)
    return () => watch.disconnect()
  }, [])
  return [element, size]
}
