import { searchParser, text } from '@/ui/searchParams'

export const parseGlossary = searchParser({ q: text })
