import css from './charts.module.css'

/** Which line is which, in words. */
export function Legend({ of }: { of: { label: string; colour: string }[] }) {
  return (
    <div className={css.legend}>
      {of.map(each => (
        <span key={each.label}>
          <i style={{ background: each.colour }} />
          {each.label}
        </span>
      ))}
    </div>
  )
}
