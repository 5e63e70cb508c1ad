import { localPath, searchParser, text } from '@/ui/searchParams'

/** `refused`: how a sign-in at the company’s provider ended. */
export const parseSignIn = searchParser({ next: localPath, refused: text })

export const parseSecondFactor = searchParser({ next: localPath })

/** What browsers send to no server: `token` of a one-time link, `ticket` of a sign-in that needs a second factor. */
export function parseFragment(hash: string) {
  const given = new URLSearchParams(hash)
  return { token: given.get('token'), ticket: given.get('ticket') }
}
