import { localPath, searchParser, text } from '@/ui/searchParams'

/** token: of a one-time link; ticket and refused: how a company's sign-in came back. */
export const parseSignIn = searchParser({ next: localPath, token: text, ticket: text, refused: text })
