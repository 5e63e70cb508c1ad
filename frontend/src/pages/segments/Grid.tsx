import { useQuery } from '@tanstack/react-query'
import { queries } from '@/api/queries'
import { CalculationLink } from '@/features/calculation/Metric'
import { CustomersLink } from '@/ui/CustomersLink'
import { count, money } from '@/ui/format'
import { Card } from '@/ui/Page'
import { Loading, QueryState } from '@/ui/states'
import css from './Segments.module.css'

const SCORES = [1, 2, 3, 4, 5]

/** Customers and net revenue by recency score (columns) and frequency score (rows). */
export function Grid() {
  const query = useQuery(queries.grid())
  return (
    <Card
      title="Recency and frequency"
      note="Customers and net revenue by recency (R) and frequency (F) score. Click a number to see its customers"
      actions={<CalculationLink label="Recency and frequency" address="/api/segments/grid" />}
    >
      <QueryState query={query} loading={<Loading rows={5} height={52} gap={4} />}>
        {answer => {
          const most = Math.max(1, ...answer.data.map(cell => cell.customers))
          const at = (r: number, f: number) => answer.data.find(cell => cell.r === r && cell.f === f)
          return (
            <div className={css.gridScroll}>
              <table className={css.grid}>
                <caption className="only-read">Customers and revenue by recency and frequency score</caption>
                <thead>
                  <tr>
                    <td />
                    {SCORES.map(r => (
                      <th key={r} scope="col" aria-label={`Recency ${r}`}>
                        R {r}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {[...SCORES].reverse().map(f => (
                    <tr key={f}>
                      <th scope="row" aria-label={`Frequency ${f}`}>
                        F {f}
                      </th>
                      {SCORES.map(r => {
                        const cell = at(r, f)
                        const depth = Math.round(6 + 38 * ((cell?.customers ?? 0) / most))
                        return (
                          <td
                            key={r}
                            style={{
                              background: `color-mix(in srgb, var(--brand) ${cell?.customers ? depth : 0}%, var(--card))`,
                            }}
                          >
                            {cell?.customers ? (
                              <CustomersLink search={{ r, f, sort: 'monetary' }}>
                                {count(cell.customers)}
                                <span className="only-read">, show these customers</span>
                              </CustomersLink>
                            ) : (
                              count(0)
                            )}
                            <span>{money(cell?.revenue ?? 0, answer.meta.currency, 'short')}</span>
                          </td>
                        )
                      })}
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )
        }}
      </QueryState>
    </Card>
  )
}
