import { useQuery } from '@tanstack/react-query'
import { queries } from '@/api/queries'
import type { Target, Task } from '@/api/shapes'
import { Badge } from '@/ui/Badge'
import { asSentence } from '@/ui/format'
import { Card } from '@/ui/Page'
import { Loading, QueryState } from '@/ui/states'
import { metricName, populationName } from './labels'
import css from './Model.module.css'

const VERDICTS = {
  met: { label: 'Met', tone: 'good', glyph: '✓' },
  'not met': { label: 'Not met', tone: 'bad', glyph: '✕' },
  'not reachable': { label: 'Not achievable with this data', tone: 'warn', glyph: '◆' },
} as const

/** The customers a target is about: "key accounts, the 60% of highest confidence". */
function describeCustomers(target: Target): string {
  const [population = '', restriction] = target.population.split(', ')
  const name = populationName(population)
  return [name.charAt(0).toLowerCase() + name.slice(1), restriction].filter(Boolean).join(', ')
}

/** Whether each target of the task is met, and why not. */
export function Targets({ task }: { task: Task }) {
  const query = useQuery(queries.targets())
  const mine = query.data?.data.filter(target => target.task === task)
  if (mine?.length === 0) return null
  return (
    <Card title="Targets">
      <QueryState query={query} loading={<Loading rows={3} height={32} />}>
        {() => (
          <ul className={css.targets}>
            {mine?.map(target => (
              <li key={target.population + target.metric}>
                <Verdict verdict={target.verdict} />
                <strong>
                  {metricName(target.metric)}, {describeCustomers(target)}
                </strong>
                <span>{asSentence(target.sentence)}</span>
              </li>
            ))}
          </ul>
        )}
      </QueryState>
    </Card>
  )
}

function Verdict({ verdict }: Pick<Target, 'verdict'>) {
  const { label, tone, glyph } = VERDICTS[verdict]
  return (
    <Badge tone={tone}>
      <span aria-hidden>{glyph}</span> {label}
    </Badge>
  )
}
