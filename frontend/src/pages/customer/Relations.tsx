import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Customer } from '@/api/shapes'
import { Badge } from '@/ui/Badge'
import { humanize } from '@/ui/format'
import { Card } from '@/ui/Page'
import { EmptyState, Loading, QueryState } from '@/ui/states'
import css from './Customer.module.css'
import { customerQueries, type Relation, type RelationGraph } from './customerQueries'

/** Customers this one is related to: a list with the evidence, and a small graph. */
export function Relations({ data }: { data: Customer }) {
  const query = useQuery(customerQueries.relations(data.customer_id))
  return (
    <Card title="Relations" note="Household, branch, same premises, works for, referred by">
      <QueryState
        query={query}
        loading={<Loading rows={4} height={40} />}
        isEmpty={answer => answer.data.length === 0}
        empty={<EmptyState title="No relations known" />}
      >
        {answer => (
          <div className={css.related}>
            <ul className={css.sources}>
              {oncePerCustomer(answer.data).map(relation => (
                <li key={relation.relation_id}>
                  <Badge>{humanize(relation.kind)}</Badge>
                  <Link to="/customers/$id" params={{ id: relation.customer_id }}>
                    {relation.name ?? relation.customer_id}
                  </Link>
                  <span>{relation.sentence}</span>
                  <span className={css.dim}>{relation.evidence}</span>
                </li>
              ))}
            </ul>
            <Graph graph={answer.graph} />
          </div>
        )}
      </QueryState>
    </Card>
  )
}

/** One of the relations of a kind with each customer: records of the two may have several. */
function oncePerCustomer(relations: Relation[]): Relation[] {
  const key = ({ kind, direction, customer_id }: Relation) => `${kind} ${direction} ${customer_id}`
  return [...new Map(relations.map(each => [key(each), each])).values()]
}

const SIZE = 320
const MOST_SHOWN = 24

/** The customer in the middle, related ones around it, those related to them outside. The list says the same. */
function Graph({ graph }: { graph: RelationGraph }) {
  const shown = graph.nodes.slice(0, MOST_SHOWN)
  const place = new Map<string, { x: number; y: number }>()
  for (const depth of [0, 1, 2]) {
    const ring = shown.filter(node => node.depth === depth)
    for (const [index, node] of ring.entries()) {
      const angle = (2 * Math.PI * index) / ring.length + depth / 2
      const radius = depth * SIZE * 0.2
      place.set(node.customer_id, {
        x: SIZE / 2 + radius * Math.cos(angle),
        y: SIZE / 2 + radius * Math.sin(angle),
      })
    }
  }
  return (
    <svg className={css.graph} viewBox={`0 0 ${SIZE} ${SIZE}`} role="img" aria-label="Relations as a graph">
      {graph.edges.map(edge => {
        const [from, to] = [place.get(edge.source), place.get(edge.target)]
        return (
          from && to && <line key={edge.relation_id} x1={from.x} y1={from.y} x2={to.x} y2={to.y} className={css.edge} />
        )
      })}
      {shown.map(node => {
        const at = place.get(node.customer_id)
        return (
          at && (
            <g key={node.customer_id} data-depth={node.depth}>
              <circle cx={at.x} cy={at.y} r={node.depth === 0 ? 9 : 6} className={css.node} />
              <text x={at.x} y={at.y + 20} textAnchor="middle" className={css.nodeName}>
                {(node.name ?? node.customer_id).slice(0, 18)}
              </text>
            </g>
          )
        )
      })}
    </svg>
  )
}
