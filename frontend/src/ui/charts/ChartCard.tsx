import { Button } from '@mantine/core'
import { IconDownload, IconPhoto, IconTable } from '@tabler/icons-react'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { saveFile, toCsv } from '@/ui/csv'
import { type Column, DataTable } from '@/ui/DataTable'
import { Card } from '@/ui/Page'
import { EmptyState } from '@/ui/states'
import { showError } from '@/ui/toasts'
import css from './charts.module.css'

interface Props<Row> {
  title: ReactNode
  note?: ReactNode
  actions?: ReactNode
  /** Controls between the title and the chart. */
  head?: ReactNode
  fileName: string
  columns: Column<Row>[]
  rows: Row[]
  height?: number
  rowKey?: (row: Row, place: number) => string | number
  children: ReactNode
}

/** A chart, also as a table, as a CSV file of the numbers drawn, and as a picture. */
export function ChartCard<Row extends object>({
  title,
  note,
  actions,
  head,
  fileName,
  columns,
  rows,
  height = 260,
  rowKey,
  children,
}: Props<Row>) {
  const [asTable, setAsTable] = useState(false)
  const chart = useRef<HTMLDivElement>(null)
  async function savePicture() {
    if (!chart.current) return
    const { toPng } = await import('./png')
    const text = (node: ReactNode) => (typeof node === 'string' ? node : '')
    saveFile(await toPng(chart.current, text(title) || fileName, text(note)), `${fileName}.png`)
  }
  return (
    <Card title={title} note={note} actions={actions}>
      {head && <div className={`${css.head} no-print`}>{head}</div>}
      {rows.length === 0 ? (
        <EmptyState title="No data" />
      ) : asTable ? (
        <div className={css.table} style={{ maxHeight: Math.max(height, 320) }}>
          <DataTable caption={fileName} columns={columns} rows={rows} rowKey={rowKey} />
        </div>
      ) : (
        <div ref={chart}>
          <LazyChart height={height}>{children}</LazyChart>
        </div>
      )}
      {rows.length > 0 && (
        <div className={`${css.actions} no-print`}>
          <Button
            variant="subtle"
            size="compact-sm"
            aria-pressed={asTable}
            leftSection={<IconTable size={16} aria-hidden />}
            onClick={() => setAsTable(!asTable)}
          >
            {asTable ? 'Show as chart' : 'Show as table'}
          </Button>
          <Button
            variant="subtle"
            size="compact-sm"
            leftSection={<IconDownload size={16} aria-hidden />}
            onClick={() =>
              saveFile(new Blob([toCsv(columns, rows)], { type: 'text/csv;charset=utf-8' }), `${fileName}.csv`)
            }
          >
            CSV
          </Button>
          {!asTable && (
            <Button
              variant="subtle"
              size="compact-sm"
              leftSection={<IconPhoto size={16} aria-hidden />}
              onClick={() => void savePicture().catch(showError)}
            >
              PNG
            </Button>
          )}
        </div>
      )}
    </Card>
  )
}

/** One chart per frame: each takes a phone a tenth of a second, and the page must stay responsive. */
const queue: (() => void)[] = []

function enqueue(draw: () => void) {
  if (queue.push(draw) === 1) requestAnimationFrame(drawNext)
}

function drawNext() {
  queue.shift()?.()
  if (queue.length) requestAnimationFrame(drawNext)
}

/** Draws the chart when it scrolls into view, or once the page is idle. */
function LazyChart({ height, children }: { height: number; children: ReactNode }) {
  const [isVisible, setVisible] = useState(false)
  const frame = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const show = () => enqueue(() => setVisible(true))
    const watch = new IntersectionObserver(found => found.some(each => each.isIntersecting) && show())
    if (frame.current) watch.observe(frame.current)
    // Safari has no idle callback: use a timer there.
    const idle = window.requestIdleCallback?.(show) ?? setTimeout(show, 1_000)
    return () => {
      watch.disconnect()
      ;(window.cancelIdleCallback ?? clearTimeout)(idle)
    }
  }, [])
  return (
    <div ref={frame} className={css.chart} style={{ height }}>
      {isVisible && children}
    </div>
  )
}
