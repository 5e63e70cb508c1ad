/** What the answers to a file's questions do to its mapping. */
import type { FileMapping, Found, Question, StatusList } from '@/api/shapes'
import { day } from '@/ui/format'
import { fieldName } from './labels'

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

const LINE_AMOUNTS: Record<NonNullable<FileMapping['basis']>, string> = {
  amount: 'the amount column',
  'quantity x price': 'quantity x price',
  'order total': 'its part of the amount of the order',
}

interface Answer {
  label: string
  value: string
  /** The settings that leave it open again. */
  open: Partial<FileMapping>
}

const COUNTS_AS: Record<StatusList, string> = {
  counted: 'counts as a sale',
  cancelled: 'cancelled, does not count',
  returned: 'returned',
  partly_returned: 'returned in part',
  left_out: 'left out',
}
const STATUS_LISTS = Object.keys(COUNTS_AS) as StatusList[]

/** What a mapping decides that a file may leave open, in words; of the status words those that the file has. */
export function answersOf(mapping: FileMapping, words: Found['status_words'] = []): Answer[] {
  const { basis, subtract, placeholders, returned_order_prefix: credits, heading, report } = mapping
  const answers: (Answer | false)[] = [
    basis != null && {
      label: 'Amount of a line',
      value: LINE_AMOUNTS[basis],
      open: { basis: null },
    },
    subtract != null && {
      label: 'Taken off the amounts',
      value: listed(subtract.map(name => fieldName(name).toLowerCase())),
      open: { subtract: null },
    },
    placeholders != null && {
      label: 'Customers who are anonymous sales',
      value: listed(placeholders),
      open: { placeholders: null },
    },
    credits != null && {
      label: 'Order numbers of returns begin with',
      value: listed(credits),
      open: { returned_order_prefix: null },
    },
    report != null && {
      label: 'Headings between the rows',
      value: report && heading ? `name the ${fieldName(heading).toLowerCase()}` : 'none',
      open: { report: null, heading: null },
    },
    mapping.only_currency != null && {
      label: 'Only lines in',
      value: mapping.only_currency,
      open: { only_currency: null },
    },
    mapping.latest != null && {
      label: 'Last day of the orders',
      value: day(mapping.latest),
      open: { latest: null },
    },
  ]
  return [...answers.filter(answer => answer !== false), ...statusAnswersOf(mapping, words)]
}

/** How each status word counts; none of them can be left open where the mapping counts all unknown ones. */
function statusAnswersOf(mapping: FileMapping, words: NonNullable<Found['status_words']>): Answer[] {
  if (mapping.counted?.includes('*')) return []
  return words.map(({ word, counts_as }) => ({
    label: `Order status “${word}”`,
    value: COUNTS_AS[counts_as],
    open: Object.fromEntries(
      STATUS_LISTS.map(list => [list, mapping[list]?.filter(each => each.toLowerCase() !== word)]),
    ),
  }))
}

const listed = (words: string[]) => words.join(', ') || 'none'
