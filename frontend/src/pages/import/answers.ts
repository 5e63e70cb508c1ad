/** What the answers to a file's questions do to its mapping. */
import type { FileMapping, Question } from '@/api/shapes'

/** The mapping with the chosen choice of each question. Lists that two answers extend are joined. */
export function applyChoices(mapping: FileMapping, questions: Question[], chosen: Record<string, number>): FileMapping {
  const columns: Record<string, string | null> = { ...mapping.columns }
  const others: Record<string, unknown> = {}
  for (const question of questions) {
    const { columns: mapped, ...changes } = question.choices[chosen[question.name] ?? -1]?.changes ?? {}
    Object.assign(columns, mapped)
    for (const [key, value] of Object.entries(changes)) others[key] = joined(others[key], value)
  }
  const names = new Set(questions.map(question => question.name))
  return {
    ...mapping,
    ...others,
    columns: Object.fromEntries(Object.entries(columns).filter((pair): pair is [string, string] => pair[1] !== null)),
    undecided: mapping.undecided?.filter(name => !names.has(name)),
  }
}

function joined(before: unknown, value: unknown): unknown {
  return Array.isArray(before) && Array.isArray(value) ? [...new Set([...before, ...value])] : value
}
