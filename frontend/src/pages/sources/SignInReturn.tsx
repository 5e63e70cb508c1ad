import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { api, read } from '@/api/client'
import { ErrorText } from '@/ui/ErrorText'
import { showToast } from '@/ui/toasts'
import { arrivedWith } from './search'

/** Finishes a sign-in when the browser comes back from the vendor. */
export function SignInReturn() {
  const queryClient = useQueryClient()
  const isDone = useRef(false)
  const { mutate, error } = useMutation({
    mutationFn: (given: { source: string; code: string; state: string; realm: string | null }) => {
      const { source, ...body } = given
      return read(api.POST('/api/sources/{source}/sign-in/finish', { params: { path: { source } }, body }))
    },
    onSuccess: ({ source }) => {
      showToast(`${source} is connected`, { tone: 'good' })
      return queryClient.invalidateQueries({ queryKey: ['sources'] })
    },
  })
  useEffect(() => {
    const { code, state, realm } = arrivedWith
    const source = state?.split('.')[0]
    if (isDone.current || !source || !code || !state) return
    isDone.current = true
    mutate({ source, code, state, realm })
  }, [mutate])
  return <ErrorText error={error} />
}
