import { useEffect, useState } from 'react'
import { onStepUp } from '@/api/client'
import { later } from '@/components/later'

const StepUp = later(() => import('./StepUp'))

/** Waits for a request that needs a recent second factor, and asks for it. */
export function Confirm() {
  const [answer, setAnswer] = useState<((confirmed: boolean) => void) | null>(null)
  useEffect(() => {
    onStepUp(() => new Promise(resolve => setAnswer(() => resolve)))
    return () => onStepUp(null)
  }, [])
  if (!answer) return null
  return (
    <StepUp
      onDone={confirmed => {
        answer(confirmed)
        setAnswer(null)
      }}
    />
  )
}
