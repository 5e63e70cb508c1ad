import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { queries } from '@/api/queries'
import type { TaskRow } from '@/api/shapes'
import { modelName } from '@/features/model/names'
import { taskName } from '@/features/model/tasks'
import { Badge } from '@/ui/Badge'
import { asSentence, day, lastDay } from '@/ui/format'
import { Card } from '@/ui/Page'
import { EmptyState, Loading, QueryState } from '@/ui/states'
import css from './Runs.module.css'

const LEVELS: Record<TaskRow['level'], { label: string; tone: 'good' | 'plain' | 'warn' }> = {
  ml: { label: 'Machine learning', tone: 'good' },
  statistical: { label: 'Statistical model', tone: 'plain' },
  off: { label: 'Not available', tone: 'warn' },
}

/** The model used for each task in the published run, and why that one. */
export function ModelsInUse() {
  const query = useQuery(queries.models())
  return (
    <Card
      title="Models in use"
      actions={
        <Link to="/model" className={css.link}>
          Model accuracy
        </Link>
      }
      flush
    >
      <QueryState
        query={query}
        loading={
          <div className={css.waiting}>
            <Loading rows={5} height={20} gap={20} />
          </div>
        }
        isEmpty={answer => answer.tasks.length === 0}
        empty={
          <EmptyState title="No predictions yet">
            The next update makes them if there is enough order history.
          </EmptyState>
        }
      >
        {answer => (
          <ul className={css.models}>
            {answer.tasks.map(row => (
              <li key={row.task}>
                <strong>{taskName(row.task)}</strong>
                <span>
                  <Badge tone={LEVELS[row.level].tone}>{LEVELS[row.level].label}</Badge>{' '}
                  {row.kind && modelName(row.kind)}
                  {row.kind && row.as_of && (
                    <span className={css.dim}>, trained on data to {day(lastDay(row.as_of))}</span>
                  )}
                </span>
                <p className={css.dim}>{asSentence(row.sentence)}</p>
              </li>
            ))}
          </ul>
        )}
      </QueryState>
    </Card>
  )
}
