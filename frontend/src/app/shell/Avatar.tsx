import type { ComponentProps } from 'react'
import type { User } from '@/api/shapes'
import { initials } from '@/ui/format'
import css from './AccountMenu.module.css'

export function Avatar({
  user,
  onHelp: _onHelp,
  ...button
}: { user: User; onHelp?: () => void } & ComponentProps<'button'>) {
  return (
    <button {...button} type="button" className={css.avatar} aria-label={`Account of ${user.name}`}>
      {initials(user.name)}
    </button>
  )
}
