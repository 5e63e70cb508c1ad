import { useEffect, useState } from 'react'
import type { CustomerRow } from '@/api/shapes'
import { lazyComponent } from '@/ui/lazyComponent'
import { CallButton } from './CallButton'

const CallMenu = lazyComponent(() => import('./CallMenu'), CallButton)

/** Logs a call: a button, replaced by its menu on the first click, because fifty menus in a list are slow. */
export function LogCall({ customer }: { customer: Pick<CustomerRow, 'customer_id' | 'name'> }) {
  const [isOpened, setOpened] = useState(false)
  // Before the click, when the server may be unreachable.
  useEffect(() => void CallMenu.preload(), [])
  if (isOpened) return <CallMenu customer={customer} />
  return <CallButton customer={customer} aria-haspopup="menu" aria-expanded={false} onClick={() => setOpened(true)} />
}
