import { ownAddress, reader, text } from '@/components/search'

export const parseSignIn = reader({ next: ownAddress, token: text })
