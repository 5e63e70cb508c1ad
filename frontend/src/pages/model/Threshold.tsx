import { useQuery } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { queries } from '@/api/queries'
import type { Task, ThresholdRow } from '@/api/shapes'
import { ChartCard } from '@/ui/charts/ChartCard'
import { Lines } from '@/ui/charts/Lines'
import { asSentence, count, decimal, percent } from '@/ui/format'
import { Loading, QueryState } from '@/ui/states'
import { TASK_LABELS } from './labels'
import css from './Model.module.css'

/** How many customers to call: a slider over the threshold, and what calling from there on finds. */
export function Threshold({ task, modelId }: { task: Task; modelId: number }) {
  const query = useQuery(queries.thresholds(modelId))
  return (
    <QueryState
      query={query}
      loading={<Loading rows={1} height={360} />}
      isEmpty={answer => answer.data.length === 0}
      empty={null}
    >
      {answer => <Slider rows={answer.data} served={answer.served} sentence={answer.sentence} task={task} />}
    </QueryState>
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
  const [index, setIndex] = useState(() =>
    Math.max(
      0,
      rows.findIndex(row => row.threshold <= (served ?? 0)),
    ),
  )
  const id = useId()
  const row = rows[index] ?? rows[0]
  if (!row) return null
  const labels = TASK_LABELS[task].yesNo
  if (!labels) return null
  const { chance, hit, hits } = labels
  const reached = `${asSentence(hits)} reached`
  const perWeek = row.calls_per_week ?? row.calls
  return (
    <ChartCard
      title="How many customers to call"
      note={sentence}
      fileName="calls-and-results"
      height={220}
      rows={rows}
      rowKey={step => step.deciles}
      columns={[
        { name: 'threshold', label: `Minimum ${chance}`, numeric: true, show: step => percent(step.threshold) },
        { name: 'calls_per_week', label: 'Calls per week', numeric: true, show: step => count(step.calls_per_week) },
        { name: 'calls', label: 'Calls', numeric: true, show: step => count(step.calls) },
        { name: 'sales', label: reached, numeric: true, show: step => count(step.sales) },
        { name: 'precision', label: 'Precision', numeric: true, show: step => percent(step.precision) },
        { name: 'recall', label: 'Recall', numeric: true, show: step => percent(step.recall) },
        { name: 'f1', label: 'F1', numeric: true, show: step => decimal(step.f1) },
      ]}
      head={
        <div className={css.slider}>
          <label htmlFor={id}>
            Call customers with a {chance} of <strong>{percent(row.threshold)}</strong> or more
          </label>
          <input
            id={id}
            type="range"
            min={0}
            max={rows.length - 1}
            value={index}
            onChange={event => setIndex(Number(event.currentTarget.value))}
            aria-valuetext={`${percent(row.threshold)} or more, ${count(perWeek)} calls per week`}
          />
          <output htmlFor={id} className={css.reached}>
            <span>
              <strong>{count(perWeek)}</strong> calls per week
            </span>
            <span>
              <strong>{count(row.sales)}</strong> of {count(row.recall ? row.sales / row.recall : null)} {hits} reached
            </span>
            <span>
              <strong>{row.precision ? decimal(1 / row.precision, 1) : '–'}</strong> calls per {hit}
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
        title={step => `${count(step.calls)} calls`}
        tips={step => [
          { label: reached, value: count(step.sales) },
          { label: 'Precision', value: percent(step.precision) },
          { label: 'Recall', value: percent(step.recall) },
        ]}
      />
    </ChartCard>
  )
}
