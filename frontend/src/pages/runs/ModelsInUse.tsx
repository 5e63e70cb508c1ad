import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ask } from '@/api/questions'
import type { TaskRow } from '@/api/shapes'
import { Empty, Faced, Waiting } from '@/components/faces'
import { asSentence, day, lastDay } from '@/components/format'
import { kindName } from '@/components/kinds'
import { Chip } from '@/components/marks'
import { Card } from '@/components/Page'
import { taskName } from '@/components/tasks'
import css from './Runs.module.css'

const LEVELS: Record<TaskRow['level'], { label: string; tone: 'good' | 'plain' | 'warn' }> = {
  learner: { label: 'Machine learning', tone: 'good' },
  law: { label: 'Statistical model', tone: 'plain' },
  off: { label: 'Not available', tone: 'warn' },
}

/** The model used for each task in the published run, and why that one. */
export function ModelsInUse() {
  const query = useQuery(ask.models())
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
      <Faced
        query={query}
        waiting={
          <div className={css.waiting}>
            <Waiting rows={5} height={20} gap={20} />
          </div>
        }
        isEmpty={answer => answer.tasks.length === 0}
        empty={<Empty title="No predictions yet">The next update makes them if there is enough order history.</Empty>}
      >
        {answer => (
          <ul className={css.models}>
            {answer.tasks.map(row => (
              <li key={row.task}>
                <strong>{taskName(row.task)}</strong>
                <span>
                  <Chip tone={LEVELS[row.level].tone}>{LEVELS[row.level].label}</Chip> {row.kind && kindName(row.kind)}
                  {row.kind && row.as_of && (
                    <span className={css.dim}>, trained on data to {day(lastDay(row.as_of))}</span>
                  )}
                </span>
                <p className={css.dim}>{asSentence(row.sentence)}</p>
              </li>
            ))}
          </ul>
        )}
      </Faced>
    </Card>
  )
}
