import { Problem } from '@/api/client'
import css from './ErrorText.module.css'

/** What went wrong, and what to do about it, under a form. `keepsHeight`: its line is there before, so that nothing moves. */
export function ErrorText({ error, keepsHeight }: { error: Error | null; keepsHeight?: boolean }) {
  if (!error && !keepsHeight) return null
  return (
    <p className={css.error} data-height={keepsHeight || undefined} role="alert">
      {error && describeError(error)}
    </p>
  )
}

/** An error as one text, for the error of a field. */
export const describeError = (error: Error) =>
  [error.message, error instanceof Problem && error.remedy].filter(Boolean).join(' ')
