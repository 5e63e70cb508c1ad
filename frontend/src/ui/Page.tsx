import type { ReactNode } from 'react'
import { useEffect } from 'react'
import css from './Page.module.css'

interface Props {
  title: string
  sentence?: ReactNode
  actions?: ReactNode
  children: ReactNode
}

/** Every page: title, summary sentence, actions and content. */
export function Page({ title, sentence, actions, children }: Props) {
  useEffect(() => {
    document.title = `${title} · Foresell`
  }, [title])
  return (
    <div className={css.page}>
      <header className={css.head}>
        <div className={css.words}>
          <h1 className={css.title} dir="auto">
            {title}
          </h1>
          {sentence && <p className={css.sentence}>{sentence}</p>}
        </div>
        {actions && <div className={`${css.actions} no-print`}>{actions}</div>}
      </header>
      {children}
    </div>
  )
}

/** A section of a page with a title. */
export function Card({
  title,
  note,
  actions,
  flush,
  children,
}: {
  title?: ReactNode
  note?: ReactNode
  actions?: ReactNode
  flush?: boolean
  children: ReactNode
}) {
  return (
    <section className={css.card} data-flush={flush || undefined}>
      {(title || actions) && (
        <div className={css.cardHead}>
          <div>
            {title && <h2 className={css.cardTitle}>{title}</h2>}
            {note && <p className={css.note}>{note}</p>}
          </div>
          {actions && <div className={`${css.actions} no-print`}>{actions}</div>}
        </div>
      )}
      {children}
    </section>
  )
}
