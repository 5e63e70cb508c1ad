import { useQuery } from '@tanstack/react-query'
import { ask } from '@/api/questions'
import type { Target, Task } from '@/api/shapes'
import { Faced, Waiting } from '@/components/faces'
import { asSentence } from '@/components/format'
import { Chip } from '@/components/marks'
import { Card } from '@/components/Page'
import css from './Model.module.css'
import { measureName, populationName } from './words'

const TONES = { met: 'good', 'not met': 'bad', 'not reachable': 'warn' } as const
const GLYPHS = { met: '✓', 'not met': '✕', 'not reachable': '◆' } as const

const whom = (target: Target) => {
  const [population = '', where] = target.population.split(', ')
  const name = populationName(population)
  return [name.charAt(0).toLowerCase() + name.slice(1), where].filter(Boolean).join(', ')
}

/** The goals that were set: met, not met, or not reachable and why. Computed, never typed. */
export function Targets({ task }: { task: Task }) {
  const query = useQuery(ask.targets())
  const mine = query.data?.data.filter(target => target.task === task)
  if (mine?.length === 0) return null
  return (
    <Card title="The goals">
      <Faced query={query} waiting={<Waiting rows={3} height={32} />}>
        {() => (
          <ul className={css.targets}>
            {mine?.map(target => (
              <li key={target.population + target.measure}>
                <Chip tone={TONES[target.verdict]}>
                  <span aria-hidden>{GLYPHS[target.verdict]}</span> {target.verdict}
                </Chip>
                <strong>
                  {measureName(target.measure)}, {whom(target)}
                </strong>
                <span>{asSentence(target.sentence)}</span>
              </li>
            ))}
          </ul>
        )}
      </Faced>
    </Card>
  )
}
