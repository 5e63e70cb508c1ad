import { localPath, searchParser, text } from '@/ui/searchParams'

/** `token`: of a one-time link; `ticket`, `refused`: how a sign-in at the company’s provider ended. */
export const parseSignIn = searchParser({ next: localPath, token: text, ticket: text, refused: text })

export const parseSecondFactor = searchParser({ next: localPath })
