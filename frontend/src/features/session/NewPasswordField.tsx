import { PasswordInput, type PasswordInputProps } from '@mantine/core'
import '@/ui/theme/inputs'
import type { User } from '@/api/shapes'

const MIN_LENGTH_ALONE = 15
const MIN_LENGTH_WITH_FACTOR = 8

interface Props extends Omit<PasswordInputProps, 'value' | 'onChange'> {
  user: User
  value: string
  onChange: (value: string) => void
}

/** A password to choose; with a second factor it may be shorter. */
export function NewPasswordField({ user, onChange, ...rest }: Props) {
  const minLength = user.second_factor ? MIN_LENGTH_WITH_FACTOR : MIN_LENGTH_ALONE
  return (
    <PasswordInput
      label="New password"
      description={`At least ${minLength} characters. A few words you can remember work best`}
      autoComplete="new-password"
      minLength={minLength}
      maxLength={256}
      required
      withAsterisk={false}
      onChange={event => onChange(event.currentTarget.value)}
      {...rest}
    />
  )
}
