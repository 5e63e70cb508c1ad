import type { ReactNode } from 'react'
import css from './SignIn.module.css'

/** The frame of the pages before the others open: the card in the middle, with the product's name. */
export function SignInCard({ children }: { children: ReactNode }) {
  return (
    <main className={css.page}>
      <div className={css.card}>
        <div className={css.brand}>
          <img src="/favicon.svg" alt="" width={32} height={32} />
          <span>Foresell</span>
        </div>
        {children}
      </div>
    </main>
  )
}
