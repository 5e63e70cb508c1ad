import { NativeSelect, TextInput } from '@mantine/core'
import '@/ui/theme/inputs'
import type { FileMapping, Found, RowsKind } from '@/api/shapes'
import css from './Import.module.css'
import { ENCODINGS, encodingName, ROWS } from './labels'

const DATE_ORDERS = [
  { value: '', label: 'As detected' },
  { value: 'dmy', label: 'Day, month, year' },
  { value: 'mdy', label: 'Month, day, year' },
  { value: 'ymd', label: 'Year, month, day' },
]
const DECIMALS = [
  { value: '', label: 'As detected' },
  { value: '.', label: 'Point (1,234.50)' },
  { value: ',', label: 'Comma (1.234,50)' },
]

interface Props {
  found: Found
  draft: FileMapping
  onChange: (part: Partial<FileMapping>) => void
}

/** What holds for the whole file: its source, what a row is, how dates, numbers and letters are written. */
export function FormatSettings({ found, draft, onChange }: Props) {
  return (
    <div className={css.settings}>
      <TextInput
        label="Source"
        description="Same name for files of one system"
        value={draft.source}
        maxLength={80}
        onChange={event => onChange({ source: event.currentTarget.value })}
      />
      <NativeSelect
        label="Each row is"
        description="Sets the fields to choose from"
        value={draft.rows}
        data={ROWS}
        onChange={event => onChange({ rows: event.currentTarget.value as RowsKind })}
      />
      <NativeSelect
        label="Date order"
        description="Used only if the file is ambiguous"
        value={draft.date_order ?? ''}
        data={DATE_ORDERS}
        onChange={event => onChange({ date_order: (event.currentTarget.value || null) as FileMapping['date_order'] })}
      />
      <NativeSelect
        label="Decimal separator"
        description="Used only if the file is ambiguous"
        value={draft.decimal ?? ''}
        data={DECIMALS}
        onChange={event => onChange({ decimal: (event.currentTarget.value || null) as FileMapping['decimal'] })}
      />
      {draft.rows === 'orders' && (
        <TextInput
          label="Time zone"
          description="Of times with an offset"
          placeholder="Europe/Berlin"
          value={draft.time_zone ?? ''}
          maxLength={60}
          onChange={event => onChange({ time_zone: event.currentTarget.value.trim() || null })}
        />
      )}
      {found.kind === 'text' && (
        <NativeSelect
          label="Encoding"
          description="Wrong letters? Change it here"
          value={draft.dialect.encoding ?? ''}
          data={[
            { value: '', label: found.encoding ? `As detected (${encodingName(found.encoding)})` : 'As detected' },
            ...encodingsWith(draft.dialect.encoding),
          ]}
          onChange={event => onChange({ dialect: { ...draft.dialect, encoding: event.currentTarget.value || null } })}
        />
      )}
    </div>
  )
}

/** The encodings to choose from, with the one in use even where it is not one of them. */
function encodingsWith(encoding: string | null | undefined) {
  if (!encoding || ENCODINGS.some(known => known.value === encoding)) return ENCODINGS
  return [{ value: encoding, label: encodingName(encoding) }, ...ENCODINGS]
}
