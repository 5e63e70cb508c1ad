import type { NavigationEntry } from '@/features/session/navigation'
import { Dialog } from '@/ui/Dialog'
import css from './ShortcutsHelp.module.css'

const KEYS = [
  ['Ctrl K', 'Search customers and pages'],
  ['/', 'Search this list'],
  ['j  k', 'Next or previous row'],
  ['Enter', 'Open the row'],
  ['Esc', 'Close the panel'],
  ['x', 'Select the row'],
  ['c', 'Call'],
  ['l', 'Log a call'],
  ['e', 'Export'],
  ['z', 'Undo'],
  ['?', 'Show keyboard shortcuts'],
] as const

/** On the page that decides on duplicates. */
const DUPLICATES_KEYS = [
  ['s', 'Same customer'],
  ['d', 'Different customers'],
  ['u', 'Not sure'],
  ['k', 'Skip the pair'],
] as const

export default function ShortcutsHelp({ pages, onClose }: { pages: NavigationEntry[]; onClose: () => void }) {
  return (
    <Dialog onClose={onClose} title="Keyboard shortcuts" size="lg">
      <div className={css.columns}>
        <div>
          <dl className={css.keys}>
            {KEYS.map(([key, what]) => (
              <Key key={key} name={key} what={what} />
            ))}
          </dl>
          {pages.some(page => page.to === '/duplicates') && (
            <>
              <h3 className={css.page}>Duplicates</h3>
              <dl className={css.keys}>
                {DUPLICATES_KEYS.map(([key, what]) => (
                  <Key key={key} name={key} what={what} />
                ))}
              </dl>
            </>
          )}
        </div>
        <dl className={css.keys}>
          {pages.map(page => (
            <Key key={page.to} name={`g  ${page.key}`} what={`Go to ${page.label}`} />
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
