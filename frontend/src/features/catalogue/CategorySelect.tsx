import { NativeSelect } from '@mantine/core'
import '@/ui/theme/inputs'
import { useQuery } from '@tanstack/react-query'
import { queries } from '@/api/queries'
import { usePermissions } from '@/api/useSession'
import { selectOptions } from '@/ui/selectOptions'

interface Props {
  className?: string
  label: string
  /** Show no label, where there is no space; screen readers still read it. */
  isBare?: boolean
  value: string | undefined
  onChange: (category: string | undefined) => void
}

/** A product category, the best selling first. */
export function CategorySelect({ className, label, isBare, value, onChange }: Props) {
  const can = usePermissions()
  const categories = useQuery({ ...queries.sales('category'), enabled: can('sales.read') })
  return (
    <NativeSelect
      className={className}
      {...(isBare ? { 'aria-label': label } : { label })}
      value={value ?? ''}
      onChange={event => onChange(event.currentTarget.value || undefined)}
      data={selectOptions(
        'All categories',
        categories.data?.data.map(row => row.name),
        value,
      )}
    />
  )
}
