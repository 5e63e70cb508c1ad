import { NativeSelect } from '@mantine/core'
import '@/components/theme/inputs'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { ask } from '@/api/questions'
import type { Task, TaskRow } from '@/api/shapes'
import { Empty, Faced, Waiting } from '@/components/faces'
import { asSentence, day } from '@/components/format'
import { kindName } from '@/components/kinds'
import { Page } from '@/components/Page'
import { useMay } from '@/components/signedIn'
import tabs from '@/components/Tabs.module.css'
import { Calibration, Lift } from './Calibration'
import { Judged } from './Judged'
import css from './Model.module.css'
import { Receipts } from './Receipts'
import { TASKS } from './search'
import { Targets } from './Targets'
import { Threshold } from './Threshold'
import { Trainings } from './Trainings'
import { populationName, TASK_NAMES } from './words'

const route = getRouteApi('/shell/model')

/** How right the models are: out of time, beside what needs no model, in words. */
export default function Model() {
  const { task = 'purchase' } = route.useSearch()
  const may = useMay()
  const query = useQuery(ask.models())
  const now = query.data?.tasks.find(row => row.task === task)
  return (
    <Page title="How right the models are" sentence={TASK_NAMES[task].question}>
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
            {TASK_NAMES[name].label}
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
            action={may('runs.read') && <Link to="/runs">What is missing</Link>}
          >
            The first refresh with enough history trains them.
          </Empty>
        }
      >
        {answer => (
          <div className={css.page}>
            <Answers now={now} />
            {now?.model_id ? <OneTask key={task} task={task} modelId={now.model_id} kind={now.kind} /> : null}
            <Trainings models={answer.data.filter(model => model.task === task)} task={task} />
          </div>
        )}
      </Faced>
    </Page>
  )
}

function Answers({ now }: { now: TaskRow | undefined }) {
  if (!now || now.level === 'off') return <Empty title="Nobody answers this yet">{now?.sentence}</Empty>
  return (
    <p className={css.answers}>
      <strong>{kindName(now.kind ?? '')}</strong> answers, knowing everything before {day(now.as_of)}.{' '}
      {asSentence(now.sentence)}
    </p>
  )
}

function OneTask({ task, modelId, kind }: { task: Task; modelId: number; kind: string | null }) {
  const { population } = route.useSearch()
  const navigate = useNavigate({ from: '/model' })
  const backtest = useQuery(ask.backtests(modelId, population))
  const targets = useQuery(ask.targets())
  const isYesNo = task.startsWith('churn') || task === 'purchase'
  if (targets.isPending) return <Waiting rows={3} height={200} gap={16} />
  return (
    <>
      <Targets task={task} />
      <Faced
        query={backtest}
        waiting={<Waiting rows={2} height={220} gap={16} />}
        isEmpty={answer => answer.data.length === 0}
        empty={<Empty title="This one was not judged by a backtest" />}
      >
        {answer => (
          <>
            {answer.populations.length > 1 && (
              <NativeSelect
                className={css.population}
                label="Judged on"
                value={answer.data[0]?.population}
                onChange={event => {
                  const chosen = event.currentTarget.value
                  void navigate({ search: now => ({ ...now, population: chosen }), replace: true, resetScroll: false })
                }}
                data={answer.populations.map(name => ({ value: name, label: populationName(name) }))}
              />
            )}
            <Judged task={task} modelId={modelId} kind={kind} figures={answer.data} confusion={answer.confusion} />
          </>
        )}
      </Faced>
      {isYesNo && (
        <>
          <Threshold task={task} modelId={modelId} />
          <div className={css.pair}>
            <Calibration modelId={modelId} />
            <Lift modelId={modelId} task={task} />
          </div>
        </>
      )}
      <Receipts task={task} />
    </>
  )
}
