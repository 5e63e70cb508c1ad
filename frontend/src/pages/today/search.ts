import { searchParser, text } from '@/ui/searchParams'

export const parseToday = searchParser({ open: text })
