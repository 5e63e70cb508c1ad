import { Modal, type ModalProps } from '@mantine/core'
import './theme/dialogs'
import { useReturnFocus } from './useReturnFocus'

/** A dialog, drawn while it is open and gone afterwards. */
export function Dialog(props: Omit<ModalProps, 'opened'>) {
  useReturnFocus()
  return <Modal opened {...props} />
}
