import { useQuery } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { ask } from '@/api/questions'
import type { Task, ThresholdRow } from '@/api/shapes'
import { ChartCard } from '@/components/charts/ChartCard'
import { Lines } from '@/components/charts/Lines'
import { Faced, Waiting } from '@/components/faces'
import { count, decimal, percent } from '@/components/format'
import css from './Model.module.css'
import { TASK_NAMES } from './words'

/** How many calls a week find how much: move the slider, read the sentence. */
export function Threshold({ task, modelId }: { task: Task; modelId: number }) {
  const query = useQuery(ask.thresholds(modelId))
  return (
    <Faced
      query={query}
      waiting={<Waiting rows={1} height={360} />}
      isEmpty={answer => answer.data.length === 0}
      empty={null}
    >
      {answer => <Slider rows={answer.data} served={answer.served} sentence={answer.sentence} task={task} />}
    </Faced>
  )
}

function Slider({
  rows,
  served,
  sentence,
  task,
}: {
  rows: ThresholdRow[]
  served: number | null
  sentence: string
  task: Task
}) {
  const [place, setPlace] = useState(() =>
    Math.max(
      0,
      rows.findIndex(row => row.threshold <= (served ?? 0)),
    ),
  )
  const id = useId()
  const row = rows[place] ?? rows[0]
  if (!row) return null
  const { hits } = TASK_NAMES[task]
  const perWeek = row.calls_per_week ?? row.calls
  return (
    <ChartCard
      title={`How many calls find how many ${hits}?`}
      note={sentence}
      fileName="calls-and-finds"
      height={220}
      rows={rows}
      rowKey={each => each.tenths}
      columns={[
        { name: 'threshold', label: 'From probability', numeric: true, show: each => percent(each.threshold) },
        { name: 'calls_per_week', label: 'Calls a week', numeric: true, show: each => count(each.calls_per_week) },
        { name: 'calls', label: 'Calls', numeric: true, show: each => count(each.calls) },
        { name: 'sales', label: 'Found', numeric: true, show: each => count(each.sales) },
        { name: 'precision', label: 'Precision', numeric: true, show: each => percent(each.precision) },
        { name: 'recall', label: 'Recall', numeric: true, show: each => percent(each.recall) },
        { name: 'f1', label: 'F1', numeric: true, show: each => decimal(each.f1) },
      ]}
      head={
        <div className={css.slider}>
          <label htmlFor={id}>
            Call everybody from <strong>{percent(row.threshold)}</strong> on
          </label>
          <input
            id={id}
            type="range"
            min={0}
            max={rows.length - 1}
            value={place}
            onChange={event => setPlace(Number(event.currentTarget.value))}
            aria-valuetext={`from ${percent(row.threshold)} on, ${count(perWeek)} calls a week`}
          />
          <output htmlFor={id} className={css.outcome}>
            <span>
              <strong>{count(perWeek)}</strong> calls a week
            </span>
            <span>
              <strong>{count(row.sales)}</strong> {hits} found of every{' '}
              {count(row.recall ? row.sales / row.recall : null)}
            </span>
            <span>
              <strong>{row.precision ? decimal(1 / row.precision, 1) : '–'}</strong> calls for each
            </span>
          </output>
        </div>
      }
    >
      <Lines
        rows={rows}
        x="calls"
        xNumeric
        xAxis={value => count(Number(value))}
        axis={count}
        series={[{ key: 'sales', colour: 'var(--brand)', dots: true }]}
        mark={{ at: row.calls, label: `${count(row.calls)} calls` }}
        title={each => `${count(each.calls)} calls`}
        tips={each => [
          { label: 'Found', value: count(each.sales) },
          { label: 'Precision', value: percent(each.precision) },
          { label: 'Recall', value: percent(each.recall) },
        ]}
      />
    </ChartCard>
  )
}
