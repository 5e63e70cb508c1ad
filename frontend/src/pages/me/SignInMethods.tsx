import type { User } from '@/api/shapes'
import { Authenticator } from './Authenticator'
import { Passkeys } from './Passkeys'
import { Password } from './Password'

/** Password, second factor and passkeys. */
export function SignInMethods({ me }: { me: User }) {
  return (
    <>
      <Password me={me} />
      <Authenticator me={me} />
      <Passkeys />
    </>
  )
}
