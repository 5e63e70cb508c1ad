import { reader, text } from '@/components/search'

export const parseToday = reader({ open: text })
