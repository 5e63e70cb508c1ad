import type { Run } from '@/api/shapes'
import { Chip } from '@/components/marks'

const TONES = {
  building: 'brand',
  published: 'good',
  superseded: 'plain',
  withdrawn: 'warn',
  failed: 'bad',
  thinned: 'plain',
} as const

export function State({ run }: { run: Run }) {
  return <Chip tone={TONES[run.state]}>{run.published ? 'published' : run.state}</Chip>
}
