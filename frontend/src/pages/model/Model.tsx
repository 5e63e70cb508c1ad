import { NativeSelect } from '@mantine/core'
import '@/ui/theme/inputs'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { queries } from '@/api/queries'
import type { Task, TaskRow } from '@/api/shapes'
import { usePermissions } from '@/api/useSession'
import { modelName } from '@/features/model/names'
import { taskName } from '@/features/model/tasks'
import { asSentence, day, lastDay } from '@/ui/format'
import { Page } from '@/ui/Page'
import { EmptyState, Loading, QueryState } from '@/ui/states'
import { Tabs } from '@/ui/Tabs'
import { BacktestResults } from './BacktestResults'
import { Calibration } from './Calibration'
import { Lift } from './Lift'
import { explainModel, populationName, TASK_LABELS } from './labels'
import css from './Model.module.css'
import { TASKS } from './search'
import { Targets } from './Targets'
import { Threshold } from './Threshold'
import { TrackRecord } from './TrackRecord'
import { TrainingHistory } from './TrainingHistory'

const route = getRouteApi('/shell/model')

/** Model accuracy by task: backtests on periods after the training data, compared with baselines. */
export default function Model() {
  const { task = 'purchase' } = route.useSearch()
  const can = usePermissions()
  const query = useQuery(queries.models())
  const now = query.data?.tasks.find(row => row.task === task)
  return (
    <Page title="Model accuracy" sentence={TASK_LABELS[task].question}>
      <Tabs
        label="Models"
        parameter="task"
        now={task}
        tabs={TASKS.map(name => ({ value: name, label: taskName(name) }))}
      />
      <QueryState
        query={query}
        loading={<Loading rows={3} height={200} gap={16} />}
        isEmpty={answer => answer.data.length === 0}
        empty={
          <EmptyState
            title="No model has been trained yet"
            action={can('runs.read') && <Link to="/runs">See what is missing</Link>}
          >
            Models are trained by the first update with enough order history.
          </EmptyState>
        }
      >
        {answer => (
          <div className={css.page}>
            <ModelInUse now={now} />
            {now?.model_id ? <OneTask key={task} task={task} modelId={now.model_id} kind={now.kind} /> : null}
            <TrainingHistory models={answer.data.filter(model => model.task === task)} task={task} />
          </div>
        )}
      </QueryState>
    </Page>
  )
}

/** How the sentence of a model begins that is no better than what needs no model. */
const OFF = 'Off: '

function ModelInUse({ now }: { now: TaskRow | undefined }) {
  if (!now || now.level === 'off')
    return (
      <EmptyState title={now?.sentence.startsWith(OFF) ? 'Off' : 'Not available yet'}>
        {now && asSentence(now.sentence.replace(OFF, ''))}
      </EmptyState>
    )
  return (
    <div className={css.inUse}>
      <p>
        In use: <strong>{modelName(now.kind ?? '')}</strong>
        {now.as_of && `, trained on data to ${day(lastDay(now.as_of))}`}. {asSentence(now.sentence)}
      </p>
      {now.kind && <p className={css.explanation}>{explainModel(now.kind)}</p>}
    </div>
  )
}

function OneTask({ task, modelId, kind }: { task: Task; modelId: number; kind: string | null }) {
  const { population } = route.useSearch()
  const navigate = useNavigate({ from: '/model' })
  const backtest = useQuery(queries.backtests(modelId, population))
  const targets = useQuery(queries.targets())
  if (targets.isPending) return <Loading rows={3} height={200} gap={16} />
  return (
    <>
      <Targets task={task} />
      <QueryState
        query={backtest}
        loading={<Loading rows={2} height={220} gap={16} />}
        isEmpty={answer => answer.data.length === 0}
        empty={<EmptyState title="No backtest for this model" />}
      >
        {answer => (
          <>
            {answer.populations.length > 1 && (
              <NativeSelect
                className={css.population}
                label="Measured on"
                value={answer.data[0]?.population}
                onChange={event => {
                  const chosen = event.currentTarget.value
                  void navigate({ search: now => ({ ...now, population: chosen }), replace: true, resetScroll: false })
                }}
                data={answer.populations.map(name => ({ value: name, label: populationName(name) }))}
              />
            )}
            <BacktestResults
              task={task}
              modelId={modelId}
              kind={kind}
              rows={answer.data}
              confusion={answer.confusion}
            />
          </>
        )}
      </QueryState>
      {TASK_LABELS[task].yesNo && (
        <>
          <Threshold task={task} modelId={modelId} />
          <div className={css.pair}>
            <Calibration modelId={modelId} />
            <Lift modelId={modelId} />
          </div>
        </>
      )}
      <TrackRecord task={task} />
    </>
  )
}
