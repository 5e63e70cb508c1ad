import type { BacktestRow, Confusion, Task } from '@/api/shapes'
import { type Column, DataTable } from '@/components/DataTable'
import { Figure, Figures, WhereFrom } from '@/components/Figure'
import { count, decimal, MISSING, percent } from '@/components/format'
import { kindName } from '@/components/kinds'
import { Card } from '@/components/Page'
import css from './Model.module.css'
import { MEASURES, measureName, TASK_NAMES } from './words'

interface Props {
  task: Task
  modelId: number
  /** Which of the models compared answers now. */
  kind: string | null
  figures: BacktestRow[]
  confusion: Confusion | null
}

/** The measures, the confusion in words, and the same beside simpler models and beside none. */
export function Judged({ task, modelId, kind, figures, confusion }: Props) {
  const population = figures[0]?.population ?? 'all'
  const models = [...new Set(figures.map(row => row.model))]
  const find = (model: string | undefined, measure: string) =>
    figures.find(row => row.model === model && row.measure === measure)
  const served = models.find(model => model === kind) ?? models[0]
  const address = `/api/models/${modelId}/backtests?population=${encodeURIComponent(population)}`
  const isYesNo = Boolean(find(served, 'f1'))
  if (!isYesNo) return <Everything figures={figures} address={address} />
  return (
    <>
      <Figures>
        {MEASURES.slice(0, 4).map(measure => {
          const row = find(served, measure.name)
          return (
            <Figure
              key={measure.name}
              label={measure.label}
              value={decimal(row?.value)}
              note={interval(row)}
              address={address}
            />
          )
        })}
        <Figure
          label="Base rate"
          value={percent(find(served, 'base_rate')?.value)}
          note={`of customers ${TASK_NAMES[task].event}`}
          address={address}
        />
      </Figures>
      <div className={css.judged}>
        {confusion && <Matrix task={task} confusion={confusion} />}
        <Beside models={models} find={find} address={address} />
      </div>
    </>
  )
}

function interval(row: BacktestRow | undefined): string {
  return row?.low == null || row.high == null ? '' : `95 % sure: ${decimal(row.low)} to ${decimal(row.high)}`
}

/** Four kinds of customers, in words and numbers. */
function Matrix({ task, confusion }: { task: Task; confusion: Confusion }) {
  const { yes, no } = TASK_NAMES[task]
  const total = Object.values(confusion).reduce((sum, value) => sum + value, 0)
  const cell = (value: number, words: string, right: boolean) => (
    <td data-right={right}>
      <strong>{count(value)}</strong>
      <span>
        <span aria-hidden>{right ? '✓' : '✕'}</span> {words}, {percent(value / total)}
      </span>
    </td>
  )
  return (
    <Card title="Said and came" note="Customers, a mean over the test days">
      <table className={css.matrix}>
        <caption className="only-read">What was said and what came</caption>
        <thead>
          <tr>
            <td />
            <th scope="col">came: {yes}</th>
            <th scope="col">came: {no}</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">said: {yes}</th>
            {cell(confusion.true_positive, 'right', true)}
            {cell(confusion.false_positive, 'false alarm', false)}
          </tr>
          <tr>
            <th scope="row">said: {no}</th>
            {cell(confusion.false_negative, 'missed', false)}
            {cell(confusion.true_negative, 'right', true)}
          </tr>
        </tbody>
      </table>
    </Card>
  )
}

type Find = (model: string | undefined, measure: string) => BacktestRow | undefined
interface Row {
  model: string
  needs: boolean
  values: Record<string, number | null | undefined>
}

/** The same measures of simpler models, and of no model at all. */
function Beside({ models, find, address }: { models: string[]; find: Find; address: string }) {
  const any = models[0]
  const rows: Row[] = [
    ...models.map(model => ({
      model: kindName(model),
      needs: true,
      values: Object.fromEntries(MEASURES.map(({ name }) => [name, find(model, name)?.value])),
    })),
    {
      model: 'Everyone says yes',
      needs: false,
      values: { f1: find(any, 'f1_everyone')?.value, precision: find(any, 'base_rate')?.value, recall: 1 },
    },
    { model: "The majority's answer", needs: false, values: { accuracy: find(any, 'majority_accuracy')?.value } },
  ]
  const best = Object.fromEntries(
    MEASURES.map(({ name, higher }) => {
      const values = rows.filter(row => row.needs).flatMap(row => row.values[name] ?? [])
      return [name, values.length ? (higher ? Math.max(...values) : Math.min(...values)) : null]
    }),
  )
  const columns: Column<Row>[] = [
    {
      name: 'model',
      label: 'Who answers',
      show: row => (row.needs ? row.model : <em className={css.trivial}>{row.model}</em>),
    },
    ...MEASURES.map(({ name, label }): Column<Row> => {
      const show = (row: Row) => {
        const value = row.values[name]
        if (value == null) return MISSING
        const shown = decimal(value, 3)
        return value === best[name] && row.needs ? <strong>{shown}</strong> : shown
      }
      return { name: 'values', label, numeric: true, show }
    }),
  ]
  return (
    <Card
      title="Beside simpler answers"
      note="Out of time, mean of the test days; the best in each column is bold"
      actions={<WhereFrom label="Backtest" address={address} />}
      flush
    >
      <DataTable caption="Models compared" columns={columns} rows={rows} rowKey={row => row.model} />
    </Card>
  )
}

/** Tasks without yes or no: every measure as it is. */
function Everything({ figures, address }: { figures: BacktestRow[]; address: string }) {
  return (
    <Card
      title="The backtest"
      note="Out of time, mean of the test days"
      actions={<WhereFrom label="Backtest" address={address} />}
      flush
    >
      <DataTable
        caption="The backtest"
        rows={figures}
        rowKey={row => row.model + row.measure}
        columns={[
          { name: 'model', label: 'Who answers', show: row => kindName(row.model) },
          { name: 'measure', label: 'Measure', show: row => measureName(row.measure) },
          { name: 'value', label: 'Value', numeric: true, show: row => decimal(row.value, 3) },
          ...(figures.some(row => row.low != null)
            ? ([
                { name: 'low', label: 'From', numeric: true, show: row => decimal(row.low, 3) },
                { name: 'high', label: 'To', numeric: true, show: row => decimal(row.high, 3) },
              ] satisfies Column<BacktestRow>[])
            : []),
        ]}
      />
    </Card>
  )
}
