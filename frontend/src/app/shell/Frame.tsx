import css from './Shell.module.css'

/** The shell before it is known who is there: its lines, so that nothing jumps when the rest comes. */
export function Frame() {
  return (
    <div className={css.shell} role="status" aria-label="Loading">
      <div className={css.header}>
        <span className={css.brand}>
          <img src="/favicon.svg" alt="" width={24} height={24} />
          <span>Foresell</span>
        </span>
      </div>
      <div className={css.nav} />
      <main className={css.main} />
    </div>
  )
}
