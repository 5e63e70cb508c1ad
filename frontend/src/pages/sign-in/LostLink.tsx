import css from './SignIn.module.css'

/** How to get a one-time link, for users and for the administrator. */
export function LostLink() {
  return (
    <div className={css.help}>
      <p>First time here, or lost your password or link? Ask your administrator for a one-time link.</p>
      <details>
        <summary>I am the administrator</summary>
        <p>
          Another administrator can create a link for you under Admin, Users. If there is none, run this command on the
          computer where Foresell runs, with your sign-in name:
        </p>
        <code className={css.command}>foresell users link you@example.com</code>
      </details>
    </div>
  )
}

/** Before the first user can sign in: where the first link is. */
export function FirstStart() {
  return (
    <>
      <h1 className={css.title}>Welcome to Foresell</h1>
      <p>This installation is new. To become its administrator, open the one-time link.</p>
      <div className={css.help}>
        <p>
          The link is printed in the terminal where Foresell was started. If Foresell runs as a service, look in its
          log.
        </p>
        <p>The link works once, within 15 minutes. Restart Foresell to get a new one.</p>
      </div>
    </>
  )
}
