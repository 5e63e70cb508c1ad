import { useEffect, useState } from 'react'
import { setStepUpHandler } from '@/api/client'
import { lazyComponent } from '@/ui/lazyComponent'

const StepUpDialog = lazyComponent(() => import('./StepUpDialog'))

/** Waits for a request that needs a recent second factor, and asks for it. */
export function StepUpPrompt() {
  const [answer, setAnswer] = useState<((confirmed: boolean) => void) | null>(null)
  useEffect(() => {
    setStepUpHandler(() => new Promise(resolve => setAnswer(() => resolve)))
    return () => setStepUpHandler(null)
  }, [])
  if (!answer) return null
  return (
    <StepUpDialog
      onDone={confirmed => {
        answer(confirmed)
        setAnswer(null)
      }}
    />
  )
}
