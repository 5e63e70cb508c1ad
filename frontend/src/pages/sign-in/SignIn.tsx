import { getRouteApi, useLocation, useNavigate, useRouter } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { session } from '@/api/session'
import type { SignInAnswer, User } from '@/api/shapes'
import { ChoosePassword } from './ChoosePassword'
import { OneTimeLink } from './OneTimeLink'
import { PasswordForm } from './PasswordForm'
import { type Pending, SecondFactor } from './SecondFactor'
import { SignInCard } from './SignInCard'
import { parseFragment } from './search'

const route = getRouteApi('/sign-in')

/** Sign-in by password, passkey, company account or one-time link; then a second factor where there is one. */
export default function SignIn() {
  const { next, refused } = route.useSearch()
  const { token, ticket: ticketOfProvider } = parseFragment(useLocation().hash)
  const router = useRouter()
  const navigate = useNavigate({ from: '/sign-in' })
  /** The second factor is to come; after a company sign-in it is not known which ones the user has. */
  const [pending, setPending] = useState<Pending | null>(ticketOfProvider ? { ticket: ticketOfProvider } : null)
  const [isByLink, setByLink] = useState(false)
  /** Signed in by a one-time link: the user chooses a password before they go on. */
  const [newcomer, setNewcomer] = useState<User | null>(null)

  useEffect(() => {
    document.title = 'Sign in · Foresell'
  }, [])

  const goOn = () => router.navigate({ href: next ?? '/', replace: true })

  async function onAnswer(answer: SignInAnswer) {
    if ('ticket' in answer) return setPending(answer)
    session.accept(answer)
    if (isByLink) setNewcomer(answer.user)
    else await goOn()
  }

  async function onLinkAnswer(answer: SignInAnswer) {
    setByLink(true)
    // The link is used up: reloading the page must not try it again.
    await navigate({ search: { next }, hash: '', replace: true })
    if ('ticket' in answer) return setPending(answer)
    session.accept(answer)
    setNewcomer(answer.user)
  }

  function onStartAgain() {
    setPending(null)
    setByLink(false)
  }

  return (
    <SignInCard>
      {newcomer ? (
        <ChoosePassword user={newcomer} onDone={goOn} />
      ) : pending ? (
        <SecondFactor pending={pending} onAnswer={onAnswer} onBack={onStartAgain} />
      ) : token ? (
        <OneTimeLink token={token} onAnswer={onLinkAnswer} />
      ) : (
        <PasswordForm next={next} refused={refused} onAnswer={onAnswer} />
      )}
    </SignInCard>
  )
}
