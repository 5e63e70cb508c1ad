import { Button } from '@mantine/core'
import { IconFileUpload } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { upload } from '@/api/upload'
import { ErrorText } from '@/ui/ErrorText'
import { percent } from '@/ui/format'
import { Card } from '@/ui/Page'
import { Progress } from '@/ui/Progress'
import css from './Import.module.css'

const KINDS = '.csv,.tsv,.txt,.tab,.xlsx,.xlsm,.xls,.ods,.parquet,.sqlite,.sqlite3,.db,.zip,.gz,.bz2,.xz,.zst'

/** Where a file is dropped or chosen, and uploaded. */
export function FileDrop() {
  const navigate = useNavigate({ from: '/import' })
  const queryClient = useQueryClient()
  const input = useRef<HTMLInputElement>(null)
  const cancelled = useRef<AbortController>(null)
  const [isOver, setOver] = useState(false)
  const [share, setShare] = useState(0)
  const sending = useMutation({
    mutationFn: (file: File) => {
      cancelled.current = new AbortController()
      setShare(0)
      return upload(file, { onProgress: setShare, signal: cancelled.current.signal })
    },
    onSuccess: job => {
      void queryClient.invalidateQueries({ queryKey: ['imports'] })
      void navigate({ search: { import: job.import_id } })
    },
  })

  function uploadFirst(files: FileList | null) {
    const file = files?.[0]
    if (file) sending.mutate(file)
  }

  if (sending.isPending)
    return (
      <Card>
        <Progress
          title={`Uploading ${sending.variables.name}`}
          note={share < 1 ? percent(share) : 'Checking the upload'}
          share={share < 1 ? share : null}
          onCancel={() => cancelled.current?.abort()}
        />
      </Card>
    )
  const error = sending.error?.name === 'AbortError' ? null : sending.error
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the button below does the same by keyboard
    <div
      className={css.drop}
      data-over={isOver || undefined}
      onDragOver={event => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={event => {
        event.preventDefault()
        setOver(false)
        uploadFirst(event.dataTransfer.files)
      }}
    >
      <IconFileUpload size={32} stroke={1.4} className={css.dim} aria-hidden />
      <p className={css.dropTitle}>Drop a file here</p>
      <p className={css.dim}>CSV, Excel, ODS, Parquet or SQLite, also compressed (.zip, .gz, .zst)</p>
      <Button onClick={() => input.current?.click()}>Choose a file</Button>
      <input
        ref={input}
        type="file"
        accept={KINDS}
        hidden
        aria-label="File to import"
        onChange={event => {
          uploadFirst(event.currentTarget.files)
          event.currentTarget.value = ''
        }}
      />
      <ErrorText error={error} />
    </div>
  )
}
