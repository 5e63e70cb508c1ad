import type { FormEvent } from 'react'
import type { SignInAnswer } from '@/api/shapes'

export type OnAnswer = (answer: SignInAnswer) => Promise<void> | void

/** A form's handler that acts instead of loading another page. */
export function onSubmit(act: () => void) {
  return (event: FormEvent) => {
    event.preventDefault()
    act()
  }
}
