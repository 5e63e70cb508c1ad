import { Button } from '@mantine/core'
import type { FileMapping, Found } from '@/api/shapes'
import { Card } from '@/ui/Page'
import { answersOf } from './answers'
import css from './Import.module.css'

interface Props {
  mapping: FileMapping
  words: Found['status_words']
  isChecking: boolean
  onChange: (mapping: FileMapping) => void
}

/** What is decided about the file; Change takes an answer back, and the file is checked, and asks, again. */
export function Answers({ mapping, words, isChecking, onChange }: Props) {
  const answers = answersOf(mapping, words)
  if (!answers.length) return null
  return (
    <Card title="Your answers" note="Change asks again what the file leaves open">
      <ul className={css.answers}>
        {answers.map(answer => (
          <li key={answer.label}>
            <span>
              <span className={css.dim}>{answer.label}:</span> {answer.value}
            </span>
            <Button
              variant="default"
              size="compact-sm"
              aria-label={`Change: ${answer.label}`}
              disabled={isChecking}
              onClick={() => onChange({ ...mapping, ...answer.open })}
            >
              Change
            </Button>
          </li>
        ))}
      </ul>
    </Card>
  )
}
