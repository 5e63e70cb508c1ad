import { NativeSelect } from '@mantine/core'
import '@/components/theme/inputs'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { ask } from '@/api/questions'
import type { Task, TaskRow } from '@/api/shapes'
import { Empty, Faced, Waiting } from '@/components/faces'
import { asSentence, day, lastDay } from '@/components/format'
import { kindName } from '@/components/kinds'
import { Page } from '@/components/Page'
import { useMay } from '@/components/signedIn'
import tabs from '@/components/Tabs.module.css'
import { taskName } from '@/components/tasks'
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
  const may = useMay()
  const query = useQuery(ask.models())
  const now = query.data?.tasks.find(row => row.task === task)
  return (
    <Page title="Model accuracy" sentence={TASK_LABELS[task].question}>
      <nav className={tabs.tabs} aria-label="Models">
        {TASKS.map(name => (
          <Link
            key={name}
            to="/model"
            search={{ task: name }}
            resetScroll={false}
            className={tabs.tab}
            aria-current={name === task ? 'page' : undefined}
          >
            {taskName(name)}
          </Link>
        ))}
      </nav>
      <Faced
        query={query}
        waiting={<Waiting rows={3} height={200} gap={16} />}
        isEmpty={answer => answer.data.length === 0}
        empty={
          <Empty
            title="No model has been trained yet"
            action={may('runs.read') && <Link to="/runs">See what is missing</Link>}
          >
            Models are trained by the first update with enough order history.
          </Empty>
        }
      >
        {answer => (
          <div className={css.page}>
            <ModelInUse now={now} />
            {now?.model_id ? <OneTask key={task} task={task} modelId={now.model_id} kind={now.kind} /> : null}
            <TrainingHistory models={answer.data.filter(model => model.task === task)} task={task} />
          </div>
        )}
      </Faced>
    </Page>
  )
}

function ModelInUse({ now }: { now: TaskRow | undefined }) {
  if (!now || now.level === 'off') return <Empty title="Not available yet">{now && asSentence(now.sentence)}</Empty>
  return (
    <div className={css.inUse}>
      <p>
        In use: <strong>{kindName(now.kind ?? '')}</strong>
        {now.as_of && `, trained on data to ${day(lastDay(now.as_of))}`}. {asSentence(now.sentence)}
      </p>
      {now.kind && <p className={css.explanation}>{explainModel(now.kind)}</p>}
    </div>
  )
}

function OneTask({ task, modelId, kind }: { task: Task; modelId: number; kind: string | null }) {
  const { population } = route.useSearch()
  const navigate = useNavigate({ from: '/model' })
  const backtest = useQuery(ask.backtests(modelId, population))
  const targets = useQuery(ask.targets())
  if (targets.isPending) return <Waiting rows={3} height={200} gap={16} />
  return (
    <>
      <Targets task={task} />
      <Faced
        query={backtest}
        waiting={<Waiting rows={2} height={220} gap={16} />}
        isEmpty={answer => answer.data.length === 0}
        empty={<Empty title="No backtest for this model" />}
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
      </Faced>
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
