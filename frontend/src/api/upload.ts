/** Sending a file: over XMLHttpRequest, because fetch cannot say how far an upload is. */
import { Problem } from './client'
import { session } from './session'
import type { Import, ProblemBody } from './shapes'

interface Sending {
  /** The share sent, 0 to 1. */
  onProgress: (share: number) => void
  signal: AbortSignal
}

/** Hands a file over to be inspected. Raises Problem; an AbortError when it is called off. */
export async function upload(file: File, sending: Sending): Promise<Import> {
  await session.start()
  let answer = await send(file, sending)
  if (answer.status === 401 && (await session.refresh())) answer = await send(file, sending)
  if (answer.status < 200 || answer.status >= 300)
    throw new Problem(answer.status, (answer.body ?? {}) as Partial<ProblemBody>)
  return answer.body as Import
}

function send(file: File, { onProgress, signal }: Sending): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    const form = new FormData()
    form.append('file', file, file.name)
    request.open('POST', '/api/imports')
    request.responseType = 'json'
    request.setRequestHeader('Authorization', `Bearer ${session.token()}`)
    request.upload.onprogress = event => event.lengthComputable && onProgress(event.loaded / event.total)
    request.onload = () => resolve({ status: request.status, body: request.response })
    request.onerror = () => resolve({ status: 0, body: null })
    request.onabort = () => reject(new DOMException('The upload was called off.', 'AbortError'))
    signal.addEventListener('abort', () => request.abort(), { once: true })
    request.send(form)
  })
}
