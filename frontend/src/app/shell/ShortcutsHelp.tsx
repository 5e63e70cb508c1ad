import type { NavigationEntry } from '@/features/session/navigation'
import { Dialog } from '@/ui/Dialog'
import css from './ShortcutsHelp.module.css'

const KEYS = [
  ['Ctrl K', 'Find anything, go anywhere'],
  ['/', 'Find in this list'],
  ['j  k', 'Next, previous row'],
  ['Enter', 'Open the row'],
  ['Esc', 'Close the panel'],
  ['x', 'Select the row'],
  ['l', 'Log a call'],
  ['e', 'Export'],
  ['z', 'Undo'],
  ['?', 'These keys'],
] as const

export default function ShortcutsHelp({ places, onClose }: { places: NavigationEntry[]; onClose: () => void }) {
  return (
    <Dialog onClose={onClose} title="Keys" size="lg">
      <div className={css.columns}>
        <dl className={css.keys}>
          {KEYS.map(([key, what]) => (
            <Key key={key} name={key} what={what} />
          ))}
        </dl>
        <dl className={css.keys}>
          {places.map(place => (
            <Key key={place.to} name={`g  ${place.key}`} what={`Go to ${place.label}`} />
          ))}
        </dl>
      </div>
    </Dialog>
  )
}

function Key({ name, what }: { name: string; what: string }) {
  return (
    <>
      <dt>
        {name.split('  ').map(key => (
          <kbd key={key}>{key}</kbd>
        ))}
      </dt>
      <dd>{what}</dd>
    </>
  )
}
