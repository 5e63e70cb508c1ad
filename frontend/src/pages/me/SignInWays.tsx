import type { User } from '@/api/shapes'
import { Authenticator } from './Authenticator'
import { Passkeys } from './Passkeys'
import { Password } from './Password'

/** Everything one can prove to be oneself with. */
export function SignInWays({ me }: { me: User }) {
  return (
    <>
      <Password me={me} />
      <Authenticator me={me} />
      <Passkeys />
    </>
  )
}
