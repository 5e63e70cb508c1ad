import { SegmentedControl } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { queries } from '@/api/queries'
import { DataTable } from '@/ui/DataTable'
import { Dialog } from '@/ui/Dialog'
import { day, lastDay, plural } from '@/ui/format'
import { Pager } from '@/ui/Pager'
import { QueryState } from '@/ui/states'
import css from './CalculationDialog.module.css'

interface Props {
  label: string
  address: string
  onClose: () => void
}

/** How a number is calculated: its SQL with parameters, and the source rows. */
export default function CalculationDialog({ label, address, onClose }: Props) {
  const [view, setView] = useState('sql')
  return (
    <Dialog onClose={onClose} size="xl" title={`${label}: how is this calculated?`}>
      <SegmentedControl
        value={view}
        onChange={setView}
        data={[
          { value: 'sql', label: 'SQL query' },
          { value: 'rows', label: 'Source rows' },
        ]}
        mb="md"
      />
      {view === 'sql' ? <SqlQuery address={address} /> : <SourceRows address={address} />}
    </Dialog>
  )
}

function SqlQuery({ address }: { address: string }) {
  const calculation = useQuery(queries.calculationSql(address))
  return (
    <QueryState query={calculation}>
      {query => (
        <div className={css.made}>
          <p className={css.stamp}>
            Update {query.run_id}, data to {day(lastDay(query.as_of))}, {query.engine}
          </p>
          <pre className={css.sql}>{query.sql}</pre>
          {Object.keys(query.parameters).length > 0 && (
            <DataTable
              caption="Parameters"
              columns={[
                { name: 'parameter', label: 'Parameter' },
                { name: 'value', label: 'Value' },
              ]}
              rows={Object.entries(query.parameters).map(([parameter, value]) => ({
                parameter,
                value: value === null ? 'not set' : String(value),
              }))}
            />
          )}
        </div>
      )}
    </QueryState>
  )
}

function SourceRows({ address }: { address: string }) {
  const [page, setPage] = useState(1)
  const query = useQuery(queries.calculationRows(address, page))
  return (
    <QueryState query={query} isEmpty={answer => answer.data.length === 0}>
      {answer => (
        <>
          <p className={css.stamp}>{plural(answer.total, 'row')}</p>
          <DataTable
            caption="Rows"
            columns={Object.keys(answer.data[0] ?? {}).map(name => ({ name, label: name.replaceAll('_', ' ') }))}
            rows={answer.data}
          />
          <Pager page={page} pages={Math.ceil(answer.total / 50)} onPage={setPage} />
        </>
      )}
    </QueryState>
  )
}
