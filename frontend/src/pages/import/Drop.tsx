import { Button } from '@mantine/core'
import { IconFileUpload } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { Problem } from '@/api/client'
import { upload } from '@/api/upload'
import { percent } from '@/components/format'
import { Card } from '@/components/Page'
import { Working } from '@/components/Working'
import css from './Import.module.css'

const KINDS = '.csv,.tsv,.txt,.xlsx,.parquet,.sqlite,.db,.gz,.zst'

/** Where a file is dropped or chosen; it goes to the server and is opened there. */
export function Drop() {
  const navigate = useNavigate({ from: '/import' })
  const queries = useQueryClient()
  const input = useRef<HTMLInputElement>(null)
  const calledOff = useRef<AbortController>(null)
  const [isOver, setOver] = useState(false)
  const [share, setShare] = useState(0)
  const send = useMutation({
    mutationFn: (file: File) => {
      calledOff.current = new AbortController()
      setShare(0)
      return upload(file, { onProgress: setShare, signal: calledOff.current.signal })
    },
    onSuccess: job => {
      void queries.invalidateQueries({ queryKey: ['imports'] })
      void navigate({ search: { import: job.import_id } })
    },
  })

  function take(files: FileList | null) {
    const file = files?.[0]
    if (file) send.mutate(file)
  }

  if (send.isPending)
    return (
      <Card>
        <Working
          title={`Sending ${send.variables.name}`}
          note={share < 1 ? percent(share) : 'Being checked'}
          share={share < 1 ? share : null}
          onCancel={() => calledOff.current?.abort()}
        />
      </Card>
    )
  const error = send.error?.name === 'AbortError' ? null : send.error
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is beside the button, which does the same by keyboard
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
        take(event.dataTransfer.files)
      }}
    >
      <IconFileUpload size={32} stroke={1.4} className={css.dim} aria-hidden />
      <p className={css.dropTitle}>Drop a file here</p>
      <p className={css.dim}>CSV, Excel, Parquet or SQLite, also as .gz or .zst</p>
      <Button onClick={() => input.current?.click()}>Choose a file</Button>
      <input
        ref={input}
        type="file"
        accept={KINDS}
        hidden
        aria-label="File to import"
        onChange={event => {
          take(event.currentTarget.files)
          event.currentTarget.value = ''
        }}
      />
      {error && (
        <p className={css.error} role="alert">
          {error.message} {error instanceof Problem && error.remedy}
        </p>
      )}
    </div>
  )
}
