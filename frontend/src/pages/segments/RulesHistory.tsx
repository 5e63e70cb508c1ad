import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { queries } from '@/api/queries'
import type { RulesVersion } from '@/api/shapes'
import { Dialog } from '@/ui/Dialog'
import { dateTime } from '@/ui/format'
import { Loading, QueryState } from '@/ui/states'
import css from './Segments.module.css'

interface Props {
  /** The version that applies. */
  version: number
  /** Restores a version; without it the user may only look. */
  onRestore: ((version: number) => void) | undefined
  onClose: () => void
}

/** The versions of the segment rules: who saved which, when, and what changed. */
export default function RulesHistory({ version, onRestore, onClose }: Props) {
  const query = useQuery(queries.rulesHistory())
  return (
    <Dialog title="History of the rules" size="lg" onClose={onClose}>
      <QueryState query={query} loading={<Loading rows={4} height={56} />}>
        {answer => (
          <ol className={css.versions}>
            {answer.data.map(each => (
              <li key={each.version}>
                <div>
                  <strong>
                    Version {each.version}
                    {each.version === version && ' (current)'}
                  </strong>
                  <span className={css.versionNote}>
                    {each.saved_by ?? (each.saved_at ? 'Command line' : 'Default rules')}
                    {each.saved_at && `, ${dateTime(each.saved_at)}`}
                  </span>
                  <p>{describeChanges(each)}</p>
                </div>
                {onRestore && each.version !== version && (
                  <Button variant="default" size="xs" onClick={() => onRestore(each.version)}>
                    Restore<span className="only-read"> version {each.version}</span>
                  </Button>
                )}
              </li>
            ))}
          </ol>
        )}
      </QueryState>
    </Dialog>
  )
}

/** "Added: VIP. Changed: New, Loyal. Order changed." */
export function describeChanges(each: RulesVersion): string {
  if (each.version === 1) return `${each.data.length} segments.`
  const parts = [
    each.restored_from !== null && `Version ${each.restored_from} restored.`,
    each.added.length > 0 && `Added: ${each.added.join(', ')}.`,
    each.removed.length > 0 && `Removed: ${each.removed.join(', ')}.`,
    each.changed.length > 0 && `Changed: ${each.changed.join(', ')}.`,
    each.is_reordered && 'Order changed.',
  ]
  return parts.filter(Boolean).join(' ') || 'No changes.'
}
