/** Call reasons in words, by their codes in the API. */
const REASONS: Record<string, { label: string; meaning: string }> = {
  'follow-up': { label: 'Follow-up', meaning: 'To be called again' },
  overdue: { label: 'Overdue', meaning: 'Later than this customer usually orders' },
  'win-back': { label: 'Win back', meaning: 'Ordered regularly, then stopped' },
  'second order': { label: 'Second order', meaning: 'Ordered once so far' },
  due: { label: 'Due', meaning: 'Usually orders about now' },
}

export const callReason = (reason: string | null) => REASONS[reason ?? ''] ?? { label: 'Other', meaning: '' }
