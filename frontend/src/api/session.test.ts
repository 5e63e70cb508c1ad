import { expect, test, vi } from 'vitest'
import { userWith } from '@/testing/render'
import { session } from './session'
import type { SignedIn } from './shapes'

test('a refresh that started before signing in does not end the new session', async () => {
  window.firstRefresh = Promise.resolve(new Response(null, { status: 204 }))
  const fetch = vi.spyOn(globalThis, 'fetch').mockResolvedValue(new Response(null, { status: 204 }))
  session.accept({ access_token: 'fresh', user: userWith([]) } as unknown as SignedIn)
  await session.start()
  expect([session.token(), session.get().phase]).toEqual(['fresh', 'in'])
  expect(fetch).not.toHaveBeenCalled()
})
