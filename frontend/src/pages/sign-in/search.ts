import { ownAddress, reader, text } from '@/components/search'

/** token: of a one-time link; ticket and refused: how a company's sign-in came back. */
export const parseSignIn = reader({ next: ownAddress, token: text, ticket: text, refused: text })
