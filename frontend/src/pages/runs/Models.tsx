import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ask } from '@/api/questions'
import type { Task, TaskRow } from '@/api/shapes'
import { Empty, Faced, Waiting } from '@/components/faces'
import { asSentence, day } from '@/components/format'
import { kindName } from '@/components/kinds'
import { Chip } from '@/components/marks'
import { Card } from '@/components/Page'
import css from './Runs.module.css'

const TASKS: Record<Task, string> = {
  purchase: 'Orders within 30 days',
  churn: 'Leaving, 90 days',
  churn_180: 'Leaving, 180 days',
  lifetime_value: 'Worth in 12 months',
  revenue_forecast: 'Sales forecast',
}
const LEVELS: Record<TaskRow['level'], { label: string; tone: 'good' | 'plain' | 'warn' }> = {
  learner: { label: 'learner', tone: 'good' },
  law: { label: 'law', tone: 'plain' },
  off: { label: 'nobody', tone: 'warn' },
}

/** Who answers each question in the published run, and why it is them. */
export function Models() {
  const query = useQuery(ask.models())
  return (
    <Card
      title="Who predicts, and why"
      actions={
        <Link to="/model" className={css.link}>
          How right they are
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
        empty={
          <Empty title="No model has been asked yet">The next refresh asks them, as far as the data allows.</Empty>
        }
      >
        {answer => (
          <ul className={css.models}>
            {answer.tasks.map(row => (
              <li key={row.task}>
                <strong>{TASKS[row.task]}</strong>
                <span>
                  <Chip tone={LEVELS[row.level].tone}>{LEVELS[row.level].label}</Chip> {row.kind && kindName(row.kind)}
                  {row.as_of && <span className={css.dim}>, knows until {day(row.as_of)}</span>}
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
