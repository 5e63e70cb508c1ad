import { useMutation } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { fetchAuthorized, Problem } from '@/api/client'
import { saveFile } from '@/ui/csv'
import { count } from '@/ui/format'
import { showError } from '@/ui/toasts'
import css from './Import.module.css'

interface Props {
  batchId: number
  lines: number
  children?: ReactNode
}

/** The number of rejected lines; downloads them as a file with line, column, value and reason. */
export function RejectsDownload({ batchId, lines, children }: Props) {
  const save = useMutation({
    mutationFn: async () => {
      const response = await fetchAuthorized(new Request(new URL(`/api/batches/${batchId}/rejects`, location.origin)))
      if (!response.ok) throw new Problem(response.status, await response.json().catch(() => ({})))
      saveFile(await response.blob(), `rejects-${batchId}.csv`)
    },
    onError: showError,
  })
  return (
    <button type="button" className={css.link} disabled={save.isPending} onClick={() => save.mutate()}>
      {children ?? count(lines)}
      <span className="only-read"> rejected lines of import {batchId}, download as a file</span>
    </button>
  )
}
