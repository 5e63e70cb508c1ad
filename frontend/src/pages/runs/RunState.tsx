import type { Run } from '@/api/shapes'
import { Badge } from '@/ui/Badge'

const STATES = {
  building: { label: 'In progress', tone: 'brand' },
  published: { label: 'Current', tone: 'good' },
  superseded: { label: 'Replaced', tone: 'plain' },
  withdrawn: { label: 'Withdrawn', tone: 'warn' },
  failed: { label: 'Failed', tone: 'bad' },
  pruned: { label: 'Totals only', tone: 'plain' },
} as const

export function RunState({ run }: { run: Run }) {
  const { label, tone } = STATES[run.published ? 'published' : run.state]
  return <Badge tone={tone}>{label}</Badge>
}
