import { Button } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import type { FileMapping, Question } from '@/api/shapes'
import { Badge } from '@/ui/Badge'
import { Card } from '@/ui/Page'
import { applyChoices } from './answers'
import css from './Import.module.css'

interface Props {
  questions: Question[]
  mapping: FileMapping
  isChecking: boolean
  onAnswer: (answered: FileMapping) => void
}

/** What the file leaves open: one choice of each question, none of them made in advance. Takes the focus when it appears. */
export function Questions({ questions, mapping, isChecking, onAnswer }: Props) {
  const [chosen, setChosen] = useState<Record<string, number>>({})
  const card = useRef<HTMLDivElement>(null)
  useEffect(() => card.current?.focus(), [])
  const answered = questions.filter(question => question.name in chosen).length
  return (
    <div ref={card} tabIndex={-1} className={css.questions}>
      <Card title="Before importing, please answer" note="The file is checked again with your answers">
        {questions.map(question => (
          <fieldset key={question.name} className={css.question} aria-describedby={`evidence-${question.name}`}>
            <legend>{question.text}</legend>
            <p id={`evidence-${question.name}`} className={css.dim}>
              {question.evidence}
            </p>
            {question.choices.map((choice, place) => (
              <label key={choice.label} className={css.choice}>
                <input
                  type="radio"
                  name={question.name}
                  checked={chosen[question.name] === place}
                  onChange={() => setChosen({ ...chosen, [question.name]: place })}
                />
                <span>{choice.label}</span>
                {place === question.guess && question.choices.length > 1 && <Badge tone="brand">likely</Badge>}
              </label>
            ))}
          </fieldset>
        ))}
        <div className={css.apply}>
          <Button
            disabled={answered < questions.length}
            loading={isChecking}
            onClick={() => onAnswer(applyChoices(mapping, questions, chosen))}
          >
            Apply answers
          </Button>
          <span className={css.dim} aria-live="polite">
            {answered} of {questions.length} answered
          </span>
        </div>
      </Card>
    </div>
  )
}
