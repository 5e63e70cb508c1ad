import { Button, TextInput } from '@mantine/core'
import '@/ui/theme/inputs'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Dialog } from '@/ui/Dialog'
import { Loading, QueryState } from '@/ui/states'
import { Evidence } from './Evidence'
import css from './Identity.module.css'
import { identityQueries } from './identity'

const NUMBER = /^(c\d{6,12}|[1-9]\d{0,17})$/i

/** Why two customers or records are one customer, or why not. `b`: the other one, where it is known. */
export default function ExplainDialog({ a, b = '', onClose }: { a: string; b?: string; onClose: () => void }) {
  const [typed, setTyped] = useState(b)
  const [other, setOther] = useState(b)
  return (
    <Dialog onClose={onClose} title={b ? 'Why one customer?' : `Compare ${a} with another customer`} size="lg">
      <div className={css.stack}>
        {!b && (
          <form
            className={css.ask}
            onSubmit={event => {
              event.preventDefault()
              setOther(typed.trim())
            }}
          >
            <TextInput
              label="The other customer"
              description="For example C000123, or the number of a record"
              value={typed}
              onChange={event => setTyped(event.currentTarget.value)}
              data-autofocus
            />
            <Button type="submit" disabled={!NUMBER.test(typed.trim())}>
              Compare
            </Button>
          </form>
        )}
        {other && <Explained a={a} b={other} />}
      </div>
    </Dialog>
  )
}

function Explained({ a, b }: { a: string; b: string }) {
  const query = useQuery(identityQueries.explanation(a, b))
  return (
    <QueryState query={query} loading={<Loading rows={4} height={28} />}>
      {found => (
        <>
          <p role="status">
            <strong>{found.sentence}</strong>
          </p>
          {found.pairs.slice(0, 5).map(pair => (
            <section key={`${pair.a.record_id} ${pair.b.record_id}`} className={css.pair}>
              <h3 className={css.small}>
                {pair.a.source} {pair.a.source_key} and {pair.b.source} {pair.b.source_key}
              </h3>
              <Evidence evidence={pair.evidence} />
            </section>
          ))}
        </>
      )}
    </QueryState>
  )
}
