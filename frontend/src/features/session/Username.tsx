import css from './Username.module.css'

/** The sign-in name that a password on the same form belongs to. Password managers skip a field that is `hidden`. */
export function Username({ email }: { email: string }) {
  return (
    <input
      type="email"
      name="username"
      autoComplete="username"
      className={css.username}
      value={email}
      readOnly
      tabIndex={-1}
      aria-hidden
    />
  )
}
