import { reader, text } from '@/components/search'

export const parseGlossary = reader({ q: text })
