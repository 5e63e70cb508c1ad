import { TextInput, type TextInputProps } from '@mantine/core'
import './theme/inputs'

interface Props extends Omit<TextInputProps, 'value' | 'onChange'> {
  value: string
  onChange: (value: string) => void
}

/** The name of a person. */
export function NameField({ onChange, ...rest }: Props) {
  return (
    <TextInput
      label="Name"
      required
      withAsterisk={false}
      maxLength={200}
      onChange={event => onChange(event.currentTarget.value)}
      {...rest}
    />
  )
}

/** The e-mail address of a person. */
export function EmailField({ onChange, ...rest }: Props) {
  return (
    <TextInput
      label="E-mail"
      type="email"
      required
      withAsterisk={false}
      maxLength={254}
      onChange={event => onChange(event.currentTarget.value)}
      {...rest}
    />
  )
}
