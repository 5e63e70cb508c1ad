import { Button } from '@mantine/core'
import { IconCircle, IconCircleCheckFilled } from '@tabler/icons-react'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link, type LinkProps, useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { api, read } from '@/api/client'
import { queries } from '@/api/queries'
import { session } from '@/api/session'
import { Card, Page } from '@/ui/Page'
import { Loading } from '@/ui/states'
import { showError, showToast } from '@/ui/toasts'
import { LoadSample, SampleState } from './SampleData'
import css from './Setup.module.css'

interface Step {
  name: 'company' | 'people' | 'data' | 'assignment'
  title: string
  text: string
  action: string
  link: LinkProps
}

const STEPS: Step[] = [
  {
    name: 'company',
    title: 'Set your company’s name, currency and fiscal year',
    text: 'Shown on every page and used for amounts',
    action: 'Company settings',
    link: { to: '/admin', search: { tab: 'company' } },
  },
  {
    name: 'people',
    title: 'Add your people',
    text: 'Sales reps and their manager, each with a team',
    action: 'Users',
    link: { to: '/admin', search: { tab: 'users' } },
  },
  {
    name: 'data',
    title: 'Import your orders',
    text: 'Or try Foresell with a made-up shop, which you can remove again',
    action: 'Import',
    link: { to: '/import' },
  },
  {
    name: 'assignment',
    title: 'Assign customers',
    text: 'A sales rep sees only the customers assigned to them',
    action: 'Assignment rules',
    link: { to: '/assignment' },
  },
]

/** The first day of an installation: what is left to set up. Each step ticks itself. */
export default function Setup() {
  const navigate = useNavigate()
  const sample = useQuery(queries.sampleData()).data
  const setup = useQuery({
    ...queries.setup(),
    refetchInterval: ({ state }) => (sample?.loaded && !state.data?.data ? 2_000 : false),
  }).data
  const hide = useMutation({
    mutationFn: () => read(api.PUT('/api/setup', { body: { dismissed: true } })),
    onSuccess: () => {
      const { user } = session.get()
      if (user) session.setUser({ ...user, setup_open: false })
      showToast('Setup checklist hidden. You find it again under Admin, Company')
      return navigate({ to: '/' })
    },
    onError: showError,
  })
  const left = setup && STEPS.filter(step => !setup[step.name]).length
  return (
    <Page
      title="Set up Foresell"
      sentence={
        left === undefined ? ' ' : left ? `${STEPS.length - left} of ${STEPS.length} steps done` : 'Setup is complete'
      }
      actions={
        <Button variant="default" loading={hide.isPending} onClick={() => hide.mutate()}>
          Hide checklist
        </Button>
      }
    >
      <Card>
        {setup && sample ? (
          <>
            <ol className={css.steps}>
              {STEPS.map(step => (
                <StepRow key={step.name} step={step} isDone={setup[step.name]}>
                  {step.name === 'data' && <LoadSample sample={sample} />}
                </StepRow>
              ))}
            </ol>
            <SampleState sample={sample} isScored={setup.data} />
          </>
        ) : (
          <Loading rows={4} height={40} gap={17} />
        )}
      </Card>
    </Page>
  )
}

function StepRow({ step, isDone, children }: { step: Step; isDone: boolean; children?: ReactNode }) {
  const Mark = isDone ? IconCircleCheckFilled : IconCircle
  return (
    <li className={css.step}>
      <Mark
        size={22}
        className={css.mark}
        data-done={isDone || undefined}
        role="img"
        aria-label={isDone ? 'Done' : 'Open'}
      />
      <div className={css.text}>
        <strong>{step.title}</strong>
        <p>{step.text}</p>
      </div>
      <div className={css.actions}>
        {!isDone && children}
        <Button variant="default" renderRoot={props => <Link {...step.link} {...props} />}>
          {step.action}
        </Button>
      </div>
    </li>
  )
}
