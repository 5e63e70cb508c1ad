import { fetchAuthorized, Problem } from '@/api/client'
import { saveFile } from '@/ui/csv'

/** Posts a request and saves the response as a file. Raises Problem. */
export async function download(address: string, body: unknown, fallbackName: string) {
  const response = await fetchAuthorized(
    new Request(new URL(address, location.origin), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    }),
  )
  if (!response.ok) throw new Problem(response.status, await response.json().catch(() => ({})))
  const name = /filename="?([^";]+)/.exec(response.headers.get('Content-Disposition') ?? '')?.[1] ?? fallbackName
  saveFile(await response.blob(), name)
}
