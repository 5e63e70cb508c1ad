import type { AssignmentRule } from '@/api/shapes'

/** A rule while it is edited: postcodes and capacity are the text typed. */
export interface Draft {
  key: number
  countries: string[]
  segments: string[]
  postcodes: string
  users: string[]
  capacity: string
}

let lastKey = 0

export const newDraft = (): Draft => ({
  key: ++lastKey,
  countries: [],
  segments: [],
  postcodes: '',
  users: [],
  capacity: '',
})

export const toDrafts = (rules: AssignmentRule[]): Draft[] =>
  rules.map(rule => ({
    key: ++lastKey,
    countries: rule.countries,
    segments: rule.segments,
    postcodes: rule.postcodes.join(', '),
    users: rule.user_ids.map(String),
    capacity: rule.capacity === null ? '' : String(rule.capacity),
  }))

const postcodes = (text: string) =>
  text
    .split(/[,;\n]/)
    .map(each => each.trim())
    .filter(Boolean)

export const toRules = (drafts: Draft[]): AssignmentRule[] =>
  drafts.map(draft => ({
    countries: draft.countries,
    segments: draft.segments,
    postcodes: postcodes(draft.postcodes),
    user_ids: draft.users.map(Number),
    capacity: draft.capacity ? Number(draft.capacity) : null,
  }))

/** Whether it can be saved: someone gets the customers, and what was typed can be read. */
export const isComplete = (draft: Draft) =>
  draft.users.length > 0 &&
  /^([1-9]\d{0,5})?$/.test(draft.capacity) &&
  postcodes(draft.postcodes).every(each => /^[\p{L}\d_ -]{1,12}$/u.test(each))
