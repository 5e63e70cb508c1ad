import { Button, Textarea, TextInput } from '@mantine/core'
import '@/ui/theme/inputs'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, read } from '@/api/client'
import type { components } from '@/api/schema'
import { Dialog } from '@/ui/Dialog'
import { ErrorText } from '@/ui/ErrorText'
import { EmptyState, QueryState } from '@/ui/states'
import { showToast } from '@/ui/toasts'
import css from './Sources.module.css'
import { sourceQueries } from './sourceQueries'

type SourceMapping = components['schemas']['SourceMapping']
type NewMapping = components['schemas']['NewMapping']

/** Which column of a source's tables is which field. */
export default function MappingDialog({
  source,
  canChange,
  onClose,
}: {
  source: string
  canChange: boolean
  onClose: () => void
}) {
  const query = useQuery(sourceQueries.mapping(source))
  return (
    <Dialog size="lg" title={`Fields of ${source}`} onClose={onClose}>
      <QueryState
        query={query}
        isEmpty={answer => !answer.is_known && !canChange}
        empty={<EmptyState title="Not read yet">The columns are recognised in the first table.</EmptyState>}
      >
        {answer => <Editor key={answer.text} mapping={answer} canChange={canChange} onClose={onClose} />}
      </QueryState>
    </Dialog>
  )
}

function Editor({ mapping, canChange, onClose }: { mapping: SourceMapping; canChange: boolean; onClose: () => void }) {
  const queryClient = useQueryClient()
  const [columns, setColumns] = useState(() =>
    Object.fromEntries(mapping.fields.map(({ field, header }) => [field, header ?? ''])),
  )
  const [text, setText] = useState<string | null>(mapping.is_known ? null : '')
  const save = useMutation({
    mutationFn: (body: NewMapping) =>
      read(api.PUT('/api/sources/{source}/mapping', { params: { path: { source: mapping.source } }, body })),
    onSuccess: () => {
      showToast(`${mapping.source} is read by this mapping from now on`, { tone: 'good' })
      void queryClient.invalidateQueries({ queryKey: ['sources'] })
      onClose()
    },
  })
  const given = Object.fromEntries(
    Object.entries(columns)
      .map(([field, header]) => [field, header.trim()] as const)
      .filter(([, header]) => header),
  )
  return (
    <form
      onSubmit={event => {
        event.preventDefault()
        save.mutate(text === null ? { columns: given } : { text })
      }}
    >
      <p className={css.dim}>
        {mapping.is_known
          ? 'The header of the column that each field is read from. A column that is renamed stops the next sync until you say how it is called here.'
          : 'No mapping is kept: the columns are recognised in the next table. You can give a mapping as text instead.'}
      </p>
      {text === null ? (
        <div className={css.mapping}>
          {mapping.fields.map(({ field, label, meaning }) => (
            <TextInput
              key={field}
              label={label}
              description={meaning}
              placeholder="Not read"
              maxLength={200}
              readOnly={!canChange}
              value={columns[field] ?? ''}
              onChange={event => setColumns({ ...columns, [field]: event.currentTarget.value })}
            />
          ))}
        </div>
      ) : (
        <Textarea
          label="Mapping (TOML)"
          description="As foresell inspect --save-map writes it, with number and date formats"
          autosize
          minRows={10}
          maxRows={24}
          maxLength={50_000}
          readOnly={!canChange}
          spellCheck={false}
          value={text}
          onChange={event => setText(event.currentTarget.value)}
        />
      )}
      <ErrorText error={save.error} />
      <div className={css.actions}>
        {canChange && (
          <Button type="submit" loading={save.isPending} disabled={text !== null && !text.trim()}>
            Save
          </Button>
        )}
        {mapping.is_known && (
          <Button variant="default" onClick={() => setText(text === null ? (mapping.text ?? '') : null)}>
            {text === null ? 'Show as text' : 'Show as fields'}
          </Button>
        )}
        {canChange && mapping.is_known && (
          <Button variant="default" loading={save.isPending} onClick={() => save.mutate({})}>
            Recognise anew
          </Button>
        )}
        <Button variant="subtle" onClick={onClose}>
          {canChange ? 'Cancel' : 'Close'}
        </Button>
      </div>
    </form>
  )
}
