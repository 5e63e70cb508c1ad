import { useQuery } from '@tanstack/react-query'
import { ask } from '@/api/questions'
import { Asked } from '@/components/Figure'
import { Faced, Waiting } from '@/components/faces'
import { count, money } from '@/components/format'
import { Card } from '@/components/Page'
import css from './Segments.module.css'

const SCORES = [1, 2, 3, 4, 5]

/** Five by five: how recent across, how often down; each cell says how many and how much. */
export function Grid() {
  const query = useQuery(ask.grid())
  return (
    <Card title="Recency and frequency" note="How many customers have each pair of scores, and their net revenue">
      <Faced query={query} waiting={<Waiting rows={5} height={52} gap={4} />}>
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
                      <th key={r} scope="col">
                        R {r}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {[...SCORES].reverse().map(f => (
                    <tr key={f}>
                      <th scope="row">F {f}</th>
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
                            <Asked label={`R ${r}, F ${f}`} address={`/api/segments/grid?of=${r},${f}`}>
                              {count(cell?.customers ?? 0)}
                            </Asked>
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
      </Faced>
    </Card>
  )
}
