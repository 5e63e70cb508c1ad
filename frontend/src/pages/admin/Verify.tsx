import { Button } from '@mantine/core'
import { IconShieldCheck } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { api, read } from '@/api/client'
import type { Verified } from '@/api/shapes'
import { plural } from '@/ui/format'
import { showError } from '@/ui/toasts'
import css from './Admin.module.css'

/** Checks every entry against its seal and the anchors outside the database. */
export function Verify() {
  const verify = useMutation({ mutationFn: () => read(api.GET('/api/audit/verify')), onError: showError })
  return (
    <div className={css.verify} data-tone={verify.data && (verify.data.ok ? 'good' : 'bad')}>
      <div role="status">
        {verify.data ? (
          <Verdict found={verify.data} />
        ) : (
          <p>Each entry is sealed within a second, and the seals are kept outside the database, too.</p>
        )}
      </div>
      <Button
        variant="default"
        leftSection={<IconShieldCheck size={16} aria-hidden />}
        loading={verify.isPending}
        onClick={() => verify.mutate()}
      >
        Verify
      </Button>
    </div>
  )
}

function Verdict({ found }: { found: Verified }) {
  const counted = `${plural(found.events, 'entry', 'entries')} under ${plural(found.seals, 'seal')}`
  if (found.ok)
    return (
      <p>
        <strong>✓ All is as it was written.</strong> {counted}
        {found.waiting > 0 && `, ${plural(found.waiting, 'entry', 'entries')} about to be sealed`}.
      </p>
    )
  return (
    <>
      <p>
        <strong>✕ Something was changed afterwards.</strong> {counted}.
      </p>
      <ul>
        {found.findings.map(finding => (
          <li key={`${finding.event_id} ${finding.seal_id} ${finding.words}`}>{finding.words}</li>
        ))}
      </ul>
    </>
  )
}
