import { MantineProvider } from '@mantine/core'
import { act, cleanup, fireEvent, render, screen, within } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { showToast, Toasts, undoLast } from './toasts'

beforeEach(() => {
  vi.useFakeTimers()
  render(
    <MantineProvider env="test">
      <Toasts />
    </MantineProvider>,
  )
})

afterEach(() => {
  act(() => vi.runAllTimers())
  cleanup()
  vi.useRealTimers()
})

const message = (text: string) => screen.getByText(text).parentElement as HTMLElement
const undoOf = (text: string) => within(message(text)).getByRole('button', { name: /^Undo/ })

function showTwo() {
  const undo = { older: vi.fn(), newer: vi.fn() }
  act(() => showToast('1 customer snoozed', { undo: undo.older }))
  act(() => showToast('Call removed', { undo: undo.newer }))
  return undo
}

test('Undo in a message undoes the action this message names', () => {
  const undo = showTwo()
  fireEvent.click(undoOf('1 customer snoozed'))
  expect(undo.older).toHaveBeenCalledOnce()
  expect(undo.newer).not.toHaveBeenCalled()
  expect(screen.queryByText('1 customer snoozed')).toBeNull()
  fireEvent.click(undoOf('Call removed'))
  expect(undo.newer).toHaveBeenCalledOnce()
})

test('the z key undoes the newest action, and only the newest message shows the key', () => {
  const undo = showTwo()
  expect(undoOf('Call removed').textContent).toBe('Undo z')
  expect(undoOf('1 customer snoozed').textContent).toBe('Undo ')
  act(undoLast)
  expect(undo.newer).toHaveBeenCalledOnce()
  expect(undo.older).not.toHaveBeenCalled()
  expect(undoOf('1 customer snoozed').textContent).toBe('Undo z')
})

test('a message disappears after 8 seconds; one with something to show stays and replaces the one before', () => {
  act(() => showToast('Update 3 is available', { show: () => undefined }))
  act(() => showToast('Saved'))
  act(() => showToast('Update 4 is available', { show: () => undefined }))
  expect(screen.queryByText('Update 3 is available')).toBeNull()
  act(() => vi.advanceTimersByTime(7_999))
  expect(screen.getByText('Saved')).toBeTruthy()
  act(() => vi.advanceTimersByTime(1))
  expect(screen.queryByText('Saved')).toBeNull()
  fireEvent.click(screen.getByRole('button', { name: 'Close message' }))
  expect(screen.queryByText('Update 4 is available')).toBeNull()
})
