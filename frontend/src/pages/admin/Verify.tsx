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
          <Report report={verify.data} />
        ) : (
          <p>Each entry is sealed within a second. The seals are also stored outside the database.</p>
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

function Report({ report }: { report: Verified }) {
  const counted = `${plural(report.events, 'entry', 'entries')} in ${plural(report.seals, 'seal')}`
  if (report.ok)
    return (
      <p>
        <strong>✓ No changes report.</strong> {counted}
        {report.unsealed > 0 && `, ${plural(report.unsealed, 'entry', 'entries')} not sealed yet`}.
      </p>
    )
  return (
    <>
      <p>
        <strong>✕ The audit log was changed.</strong> {counted}.
      </p>
      <ul>
        {report.findings.map(finding => (
          <li key={`${finding.event_id} ${finding.seal_id} ${finding.message}`}>{finding.message}</li>
        ))}
      </ul>
    </>
  )
}
