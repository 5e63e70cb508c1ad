import { Button, Menu } from '@mantine/core'
import '@/ui/theme/menus'
import { IconDownload } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import type { Search } from '@/api/queries'
import { plural } from '@/ui/format'
import { showError, showToast } from '@/ui/toasts'
import { download } from './download'

/** Exports the calls of the log that match: all of them, in its order. */
export function ExportCalls({ filters, total }: { filters: Search; total: number }) {
  const exportFile = useMutation({
    mutationFn: (format: 'csv' | 'xlsx') =>
      download('/api/export/calls', { ...filters, format, headers: 'labels' }, `calls.${format}`),
    onSuccess: () => showToast(`${plural(total, 'call')} exported`, { tone: 'good' }),
    onError: showError,
  })
  return (
    <Menu position="bottom-end" shadow="md">
      <Menu.Target>
        <Button
          variant="default"
          disabled={!total}
          loading={exportFile.isPending}
          leftSection={<IconDownload size={16} aria-hidden />}
        >
          Export
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => exportFile.mutate('csv')}>CSV</Menu.Item>
        <Menu.Item onClick={() => exportFile.mutate('xlsx')}>Excel</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
