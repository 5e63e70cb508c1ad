import { Button } from '@mantine/core'
import type { FileMapping, Found } from '@/api/shapes'
import { plural } from '@/ui/format'
import { Card } from '@/ui/Page'
import { ColumnTable } from './ColumnTable'
import { FormatSettings } from './FormatSettings'
import { columnsToShow, isSameMapping, stillUndecided } from './mapping'

interface Props {
  found: Found
  mapping: FileMapping
  draft: FileMapping
  onChange: (draft: FileMapping) => void
  isChecking: boolean
  onCheck: () => void
}

/** What each column means. After a change the whole file is checked again before it can be imported. */
export function ColumnMapping({ found, mapping, draft, onChange, isChecking, onCheck }: Props) {
  const change = (part: Partial<FileMapping>) => onChange({ ...draft, ...part })
  const shown = columnsToShow(found, mapping)
  const hidden = found.columns.length - shown.length
  return (
    <Card
      title="What each column means"
      note={[
        'Correct what is wrong; the file is then checked again',
        hidden > 0 && `${plural(hidden, 'more column')} not shown and not imported`,
      ]
        .filter(Boolean)
        .join('. ')}
      flush
      actions={
        !isSameMapping(draft, mapping) && (
          <>
            <Button variant="default" onClick={() => onChange(mapping)}>
              Reset
            </Button>
            <Button loading={isChecking} onClick={onCheck}>
              Check again
            </Button>
          </>
        )
      }
    >
      <FormatSettings found={found} draft={draft} onChange={change} />
      <ColumnTable
        columns={shown}
        fields={found.fields.filter(field => field.rows.includes(draft.rows))}
        mapped={draft.columns}
        onMap={columns => change({ columns, undecided: stillUndecided(draft, columns) })}
      />
    </Card>
  )
}
