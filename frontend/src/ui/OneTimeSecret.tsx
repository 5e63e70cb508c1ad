import { Button } from '@mantine/core'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useState } from 'react'
import css from './OneTimeSecret.module.css'

interface Props {
  label: string
  value: string
  children?: ReactNode
}

/** A secret that is shown only once, with a copy button. */
export function OneTimeSecret({ label, value, children }: Props) {
  const [isCopied, setCopied] = useState(false)
  return (
    <div className={css.secret}>
      {children && <p>{children}</p>}
      <output className={css.value} aria-label={label}>
        {value}
      </output>
      <Button
        variant="default"
        leftSection={isCopied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />}
        onClick={() => void navigator.clipboard.writeText(value).then(() => setCopied(true))}
      >
        {isCopied ? 'Copied' : 'Copy'}
      </Button>
    </div>
  )
}
