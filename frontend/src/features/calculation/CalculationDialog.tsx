import { SegmentedControl } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { queries } from '@/api/queries'
import { DataTable } from '@/ui/DataTable'
import { Dialog } from '@/ui/Dialog'
import { count, day } from '@/ui/format'
import { Pager } from '@/ui/Pager'
import { QueryState } from '@/ui/states'
import css from './CalculationDialog.module.css'

interface Props {
  label: string
  address: string
  onClose: () => void
}

/** Where a number comes from: its SQL with parameters, and the rows that add up to it. */
export default function CalculationDialog({ label, address, onClose }: Props) {
  const [face, setFace] = useState('sql')
  return (
    <Dialog onClose={onClose} size="xl" title={`${label}: where it comes from`}>
      <SegmentedControl
        value={face}
        onChange={setFace}
        data={[
          { value: 'sql', label: 'How it was made' },
          { value: 'rows', label: 'The rows behind it' },
        ]}
        mb="md"
      />
      {face === 'sql' ? <Made address={address} /> : <Rows address={address} />}
    </Dialog>
  )
}

function Made({ address }: { address: string }) {
  const query = useQuery(queries.calculationSql(address))
  return (
    <QueryState query={query}>
      {made => (
        <div className={css.made}>
          <p className={css.stamp}>
            Run {made.run_id}, as of {day(made.as_of)}, asked of {made.engine}
          </p>
          <pre className={css.sql}>{made.sql}</pre>
          {Object.keys(made.parameters).length > 0 && (
            <DataTable
              caption="Parameters"
              columns={[
                { name: 'parameter', label: 'Parameter' },
                { name: 'value', label: 'Value' },
              ]}
              rows={Object.entries(made.parameters).map(([parameter, value]) => ({
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

function Rows({ address }: { address: string }) {
  const [page, setPage] = useState(1)
  const query = useQuery(queries.calculationRows(address, page))
  return (
    <QueryState query={query} isEmpty={answer => answer.data.length === 0}>
      {answer => (
        <>
          <p className={css.stamp}>{count(answer.total)} rows</p>
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
