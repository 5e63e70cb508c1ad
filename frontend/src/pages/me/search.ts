import { oneOf, searchParser } from '@/ui/searchParams'

export const TABS = [
  { value: 'profile', label: 'Profile' },
  { value: 'sign-in', label: 'Sign-in' },
  { value: 'devices', label: 'Devices' },
  { value: 'keys', label: 'API keys' },
] as const

export const parseMe = searchParser({ tab: oneOf(TABS.map(tab => tab.value)) })
