import { useEffect, useState } from 'react'
import { setStepUpHandler } from '@/api/client'
import { lazyComponent } from '@/ui/lazyComponent'

const StepUpDialog = lazyComponent(() => import('./StepUpDialog'))

/** Asks for a second factor when a request needs a recent one. */
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
