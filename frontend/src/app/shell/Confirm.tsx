import { lazy, Suspense, useEffect, useState } from 'react'
import { onStepUp } from '@/api/client'

const StepUp = lazy(() => import('./StepUp'))

/** Waits for a request that needs a recent second factor, and asks for it. */
export function Confirm() {
  const [answer, setAnswer] = useState<((confirmed: boolean) => void) | null>(null)
  useEffect(() => {
    onStepUp(() => new Promise(resolve => setAnswer(() => resolve)))
    return () => onStepUp(null)
  }, [])
  if (!answer) return null
  return (
    <Suspense>
      <StepUp
        onDone={confirmed => {
          answer(confirmed)
          setAnswer(null)
        }}
      />
    </Suspense>
  )
}
