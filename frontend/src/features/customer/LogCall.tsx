import { useEffect, useState } from 'react'
import type { CustomerRow } from '@/api/shapes'
import { lazyComponent } from '@/ui/lazyComponent'
import { CallButton } from './CallButton'

const CallMenu = lazyComponent(() => import('./CallMenu'), CallButton)

/** The way to log a call: a button, and from the first click on its menu. A list has fifty, and a menu is dear. */
export function LogCall({ who }: { who: Pick<CustomerRow, 'customer_id' | 'name'> }) {
  const [isMenu, setMenu] = useState(false)
  // Ahead of the click, when the server may be away.
  useEffect(() => void CallMenu.preload(), [])
  if (isMenu) return <CallMenu who={who} />
  return <CallButton who={who} aria-haspopup="menu" aria-expanded={false} onClick={() => setMenu(true)} />
}
