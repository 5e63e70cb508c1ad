import { Modal, type ModalProps } from '@mantine/core'
import './theme/dialogs'
import { useFocusBack } from './useFocusBack'

/** A dialog, drawn while it is open and gone afterwards. */
export function Dialog(props: Omit<ModalProps, 'opened'>) {
  useFocusBack()
  return <Modal opened {...props} />
}
